"""Whether a sender's domain is set up as mailbox providers ask: what stands in DNS now, against what is needed."""
