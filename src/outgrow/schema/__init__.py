"""The pure model of both sides: source, names, target, order of dependencies."""
