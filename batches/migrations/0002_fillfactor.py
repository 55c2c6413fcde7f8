from django.db import migrations

# Room in every page for the one update each item gets and the many a chunk gets: the new version of
# the row stays in its page, and no index is touched (heap-only tuples).
FILL = "ALTER TABLE batches_item SET (fillfactor = 60); ALTER TABLE batches_chunk SET (fillfactor = 50)"
RESET = "ALTER TABLE batches_item RESET (fillfactor); ALTER TABLE batches_chunk RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("batches", "0001_initial")]
    operations = [migrations.RunSQL(FILL, RESET)]
