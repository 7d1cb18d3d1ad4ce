# Brawddegau tudalennau'r gweinyddwyr. Wedi'i ddechrau: dywedir y gweddill yn Saesneg.

form-save = Cadw
members-title = Aelodau
members-invite = Gwahodd rhywun
members-invited-again = Mae gwahoddiad i { $name } ar ei ffordd i { $address }.
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
services-issue = Nid yw'r gweinydd yn derbyn y dewis hwn. Llwythwch y dudalen hon eto a dewiswch unwaith eto.
organisation-issue = Nid yw'r gweinydd yn derbyn hyn. Llwythwch y dudalen hon eto a'i ysgrifennu unwaith eto.
health-title = Iechyd
health-checked-lately = Rhoddwyd cynnig ar bopeth sawl gwaith yn y munudau diwethaf. Arhoswch ddeg munud cyn rhoi cynnig arall arni.
health-checking = Mae popeth yn cael ei roi ar brawf nawr. Mae'r dudalen hon yn ei llwytho ei hun eto nes bod hynny wedi'i wneud.
health-service-broken = Pan roddwyd cynnig arno ddiwethaf, { $ago } yn ôl, nid oedd yn gweithio.
health-for-support = I bwy bynnag sy'n cynnal eich gweinydd
updates-title = Diweddariadau
log-title = Cofnod
organisation-logo-name = Nid yw enw'r ffeil yn cyd-fynd â'r llun ynddi: mae PNG yn gorffen â .png, JPEG â .jpg, WebP â .webp. Cadwch y llun eto a rhowch gynnig arall arni.
import-fault-name = Dylai enw'r ffeil orffen â .csv. Yn eich taenlen dewiswch “Cadw fel” a “CSV”, ac anfonwch y ffeil honno.
