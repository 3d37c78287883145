"""Mails: put into the outbox by a use case, sent over SMTP by the worker."""
