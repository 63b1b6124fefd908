"""Languages: tags, detection, settling, catalogues, formatting. Pure; models and catalogues are read once."""
