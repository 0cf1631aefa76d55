"""Call scripts as data: strict loading, validation, compilation, linting and their own cases."""
