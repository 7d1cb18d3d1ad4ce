# Brawddegau tudalennau'r gweinyddwyr. Wedi'i ddechrau: dywedir y gweddill yn Saesneg.

form-save = Cadw
members-title = Aelodau
members-invite = Gwahodd rhywun
members-invited-again = Mae gwahoddiad i { $name } ar ei ffordd i { $address }.
members-search-do = Chwilio
members-full-name = Enw llawn
members-full-name-hint = Er enghraifft: Siân Phillips
members-forward = Anfon eu post ymlaen at
members-back = Pob aelod
groups-title = Grwpiau
services-title = Gwasanaethau
services-issue = Nid yw'r gweinydd yn derbyn y dewis hwn. Llwythwch y dudalen hon eto a dewiswch unwaith eto.
organisation-issue = Nid yw'r gweinydd yn derbyn hyn. Llwythwch y dudalen hon eto a'i ysgrifennu unwaith eto.
health-title = Iechyd
health-checking = Mae popeth yn cael ei roi ar brawf nawr. Mae'r dudalen hon yn ei llwytho ei hun eto nes bod hynny wedi'i wneud.
health-service-broken = Pan roddwyd cynnig arno ddiwethaf, { $ago } yn ôl, nid oedd yn gweithio.
health-for-support = I bwy bynnag sy'n cynnal eich gweinydd
updates-title = Diweddariadau
log-title = Cofnod
