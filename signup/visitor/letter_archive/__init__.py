"""The letters of a list as everybody may read them: pages and a feed."""
