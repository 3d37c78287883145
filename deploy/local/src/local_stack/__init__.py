"""The whole of Kontor on one machine: servers, databases, topics, services and their workers."""
