"""For those who write our texts: what is missing, what is used, and the way of a translation out of the house and back.

The catalogues themselves are `i18n`'s. Here are the tools of `contact-hub i18n`: they read and change `.po` files entry by entry, so that
comments, order and everything nobody meant to touch stay as they are.
"""
