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
invite-title = Croeso
