# Brawddegau tudalennau'r gweinyddwyr. Wedi'i ddechrau: dywedir y gweddill yn Saesneg.

form-save = Cadw
members-title = Aelodau
members-invite = Gwahodd rhywun
members-search-do = Chwilio
members-full-name = Enw llawn
members-full-name-hint = Er enghraifft: Siân Phillips
members-own-password = Eich cyfrinair eich hun
members-own-password-hint = Dim ond os ydych yn newid y cyfeiriad mewn man arall: gall pwy bynnag sy'n darllen post yno osod cyfrinair newydd
members-invitations-many = Mae { $name } yn aelod, ond ni anfonwyd gwahoddiad: rydych wedi anfon llawer iawn ers ddoe. Rhowch gynnig arall arni yfory.
members-forward = Anfon eu post ymlaen at
members-back = Pob aelod
groups-title = Grwpiau
services-title = Gwasanaethau
health-title = Iechyd
health-checked-lately = Rhoddwyd cynnig ar bopeth sawl gwaith yn y munudau diwethaf. Arhoswch ddeg munud cyn rhoi cynnig arall arni.
updates-title = Diweddariadau
log-title = Cofnod
organisation-logo-name = Nid yw enw'r ffeil yn cyd-fynd â'r llun ynddi: mae PNG yn gorffen â .png, JPEG â .jpg, WebP â .webp. Cadwch y llun eto a rhowch gynnig arall arni.
import-fault-name = Dylai enw'r ffeil orffen â .csv. Yn eich taenlen dewiswch “Cadw fel” a “CSV”, ac anfonwch y ffeil honno.
