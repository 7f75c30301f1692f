//! Typed client for the NetBox REST API and its webhooks.
