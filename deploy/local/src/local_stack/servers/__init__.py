"""The servers Kontor stands on, started natively: PostgreSQL, Apache Kafka, a mail catcher."""
