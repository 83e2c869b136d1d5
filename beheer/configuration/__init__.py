"""Configuration as code: one file says what there is; `apply` makes it so and `export` writes it down."""
