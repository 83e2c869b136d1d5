"""Evidence for gradings, from what the rooms below measure: each figure with its query, period and limits."""
