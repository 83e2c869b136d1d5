"""A mail that goes out knows its item, and may be another than a reply."""

import django.db.models.deletion
from django.db import migrations, models


def fill(apps, editor):
    """The item of a mail is that of its message."""
    mails = apps.get_model("work", "MailOut")
    messages = apps.get_model("work", "Message")
    of = messages.objects.filter(pk=models.OuterRef("message_id")).values("item_id")[:1]
    mails.objects.update(item_id=models.Subquery(of))


class Migration(migrations.Migration):
    dependencies = [("work", "0009_service_catalogue")]

    operations = [
        migrations.AddField(
            model_name="mailout",
            name="item",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mails_out",
                to="work.item",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="mailout",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="mails_out", to="work.item"
            ),
        ),
        migrations.AddField(
            model_name="mailout",
            name="occasion",
            field=models.CharField(
                choices=[("reply", "reply"), ("solved", "solved")],
                default="reply",
                max_length=10,
                verbose_name="occasion",
            ),
        ),
        migrations.AlterField(
            model_name="mailout",
            name="message",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mail_out",
                to="work.message",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailout",
            constraint=models.CheckConstraint(
                condition=models.Q(("message__isnull", False), ~models.Q(("occasion", "reply")), _connector="OR"),
                name="a_reply_by_mail_has_its_message",
            ),
        ),
    ]
