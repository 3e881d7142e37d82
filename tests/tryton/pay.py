"""Pays every posted invoice in full, as somebody in the office of the company would."""
import sys

import trytond.config

trytond.config.update_etc(sys.argv[1])

from proteus import Model, Wizard, config  # noqa: E402

CONNECTION = config.set_trytond("erp", config_file=sys.argv[1])
CONNECTION._context = Model.get("res.user").get_preferences(True, {})


def method():
    accounts = Model.get("account.account")
    cash, = accounts.find([("type.receivable", "!=", True), ("code", "=", "1.1.1")], limit=1)
    journal, = Model.get("account.journal").find([("type", "=", "cash")], limit=1)
    made = Model.get("account.invoice.payment.method")(
        name="Cash", journal=journal, credit_account=cash, debit_account=cash)
    made.save()
    return made


PAID_BY = method()
for invoice in Model.get("account.invoice").find([("state", "=", "posted")]):
    pay = Wizard("account.invoice.pay", [invoice])
    pay.form.payment_method = PAID_BY
    pay.execute("choice")
