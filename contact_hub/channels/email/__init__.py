"""E-mail, the second channel: from raw bytes to an inquiry, and from a reply to bytes that name nobody but the brand."""
