"""Another encoder for what there is: its vectors beside those in use, versions trained on them, and then one switch."""
