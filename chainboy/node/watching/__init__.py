"""What a node is doing, for its operator: figures, metrics, health, a status page. Nobody can write here."""
