# Dechrau ar y Gymraeg: mae'r hyn sydd ar goll yn cael ei ddweud yn Saesneg.

me-title = Fy manylion
me-kept-here = Cedwir llythyrau yma
password-title = Cyfrinair
password-current = Eich cyfrinair presennol
password-new = Cyfrinair newydd
mail-title = Fy e-bost
mail-save = Cadw
vacation-title = Neges i ffwrdd
vacation-from = Diwrnod cyntaf
vacation-to = Diwrnod olaf
vacation-save = Cadw
filters-title = Didoli
phone-title = Gosod fy ffôn
phone-server = Gweinydd
phone-password = Cyfrinair
forgot-title = Wedi anghofio'ch cyfrinair?
forgot-no-letters = Nid yw'r gweinydd hwn yn anfon llythyrau ar hyn o bryd, am fod E-bost wedi'i ddiffodd. Gofynnwch i bwy bynnag sy'n gofalu am y gweinydd am help.
link-once-more = Nid oedd modd gwneud hynny nawr. Arhoswch funud a dewiswch gyfrinair unwaith eto yma: dolen newydd yw hon.
invite-title = Croeso
