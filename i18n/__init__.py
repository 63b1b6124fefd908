"""Languages: tags, detection, settling, catalogues, formatting. Pure; models and catalogues are read once.

`i18n.tags` knows tags, `i18n.levels` how well somebody commands a language, `i18n.detection` what a text is written in,
`i18n.settling` which language a conversation is held in, `i18n.catalogues` the texts for people, `i18n.formatting`
dates, numbers and lists as the reader writes them.
"""
