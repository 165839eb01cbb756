"""The look of a form: colours, corners, fonts and pictures, on websites, on our pages and in emails."""
