"""The pages of forms: the editor, texts, mails, placing, the funnel."""
