"""Lessons: texts in `assets/lessons`, one file per lesson and language, that show recorded runs and ask a person to predict."""
