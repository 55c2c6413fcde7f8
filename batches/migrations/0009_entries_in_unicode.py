from django.db import migrations

from batches.operations.suppression import written


def rewrite(apps, schema_editor):
    """Those of hosts in punycode matched nothing: addresses are found in Unicode."""
    Suppression = apps.get_model("batches", "Suppression")
    for row in Suppression.objects.iterator():
        if (entry := written(row.entry)) != row.entry:
            values = {"reason": row.reason, "created_by_id": row.created_by_id, "created_at": row.created_at}
            Suppression.objects.get_or_create(entry=entry, defaults=values)
            row.delete()


class Migration(migrations.Migration):
    dependencies = [("batches", "0008_finding_order")]
    operations = [migrations.RunPython(rewrite, migrations.RunPython.noop)]
