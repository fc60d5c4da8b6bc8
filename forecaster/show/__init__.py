"""Words, tables, documents, figures: how anything is said and drawn."""
