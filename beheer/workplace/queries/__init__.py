"""Questions of the front door: what is off, what is due, what needs the reader, and where something is."""
