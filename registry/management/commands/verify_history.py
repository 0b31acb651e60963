"""Look whether the history is as it was written, and the records as it says."""

from django.core.management.base import BaseCommand, CommandError

from registry.history import HistoryEntry
from registry.sealing import broken_seals, sealed_models, unlike_their_records


class Command(BaseCommand):
    help = (
        "Goes through every entry of every history, move and security event and checks its seal;"
        " then every record against its last entry. Fails, and names what is not as it was."
    )

    def handle(self, **options):
        found = entries = 0
        for model in sealed_models():
            sentences = [broken_seals(model)]
            if issubclass(model, HistoryEntry):
                sentences.append(unlike_their_records(model))
            for sentence in (each for part in sentences for each in part):
                found += 1
                self.stderr.write(sentence)
            entries += model._base_manager.count()
        if found:
            raise CommandError(f"Not as it was written: {found} findings in {entries} entries.")
        self.stdout.write(f"{entries} entries, each as it was written.")
