"""What `generate` writes: `tables` reads the names, `panels`, `rules` and `cases` say what is asked of them,
`queries` writes it in one of the two dialects, `grafana` and `yaml` give it the form that the tools read."""
