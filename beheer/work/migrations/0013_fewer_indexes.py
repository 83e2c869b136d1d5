"""Indexes of one column go where another index begins with it, or where nothing is found by it.

They are dropped by name: SQLite would otherwise copy the whole table once for each of these columns.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


COLUMNS = {
    'work_event': {'actor_id', 'assignee_id', 'from_state', 'item_id', 'state', 'step', 'team_id'},
    'work_item': {'assignee_id', 'kind', 'requester_id', 'service_id', 'state', 'team_id'},
}


def drop_indexes(apps, schema_editor):
    connection = schema_editor.connection
    for table, columns in COLUMNS.items():
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, table)
        for name, one in found.items():
            is_plain = one['index'] and not one['unique'] and not one['primary_key']
            if is_plain and len(one['columns']) == 1 and one['columns'][0] in columns:
                schema_editor.execute(f'DROP INDEX {connection.ops.quote_name(name)}')


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_map_version'),
        ('people', '0002_knowledge'),
        ('work', '0012_articles'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(drop_indexes, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.AlterField(
                model_name='event',
                name='actor',
                field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AlterField(
                model_name='event',
                name='assignee',
                field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AlterField(
                model_name='event',
                name='from_state',
                field=models.SlugField(blank=True, db_index=False, max_length=40),
            ),
            migrations.AlterField(
                model_name='event',
                name='item',
                field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='work.item'),
            ),
            migrations.AlterField(
                model_name='event',
                name='state',
                field=models.SlugField(db_index=False, max_length=40),
            ),
            migrations.AlterField(
                model_name='event',
                name='step',
                field=models.SlugField(blank=True, db_index=False, max_length=40),
            ),
            migrations.AlterField(
                model_name='event',
                name='team',
                field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='people.team'),
            ),
            migrations.AlterField(
                model_name='item',
                name='assignee',
                field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='work_assigned', to=settings.AUTH_USER_MODEL, verbose_name='assigned to'),
            ),
            migrations.AlterField(
                model_name='item',
                name='kind',
                field=models.SlugField(db_index=False, max_length=40, verbose_name='kind'),
            ),
            migrations.AlterField(
                model_name='item',
                name='requester',
                field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='work_requested', to=settings.AUTH_USER_MODEL, verbose_name='reported by'),
            ),
            migrations.AlterField(
                model_name='item',
                name='service',
                field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='work', to='catalogue.service', verbose_name='service'),
            ),
            migrations.AlterField(
                model_name='item',
                name='state',
                field=models.SlugField(db_index=False, max_length=40, verbose_name='state'),
            ),
            migrations.AlterField(
                model_name='item',
                name='team',
                field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='work', to='people.team', verbose_name='team'),
            ),
        ]),
    ]
