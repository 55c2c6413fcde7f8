from django.db import models


class Note(models.Model):
    text = models.TextField()
    number = models.IntegerField(null=True)
    state = models.CharField(max_length=9, default="new")

    def __str__(self) -> str:
        return self.text
