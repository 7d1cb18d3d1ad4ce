# Sentences of these pages.
