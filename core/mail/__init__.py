"""Mail to people: asked for in the transaction of the work, sent by a job, in the person's language."""
