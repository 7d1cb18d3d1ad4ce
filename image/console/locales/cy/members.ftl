# Brawddegau tudalennau'r gweinyddwyr. Wedi'i ddechrau: dywedir y gweddill yn Saesneg.

form-save = Cadw
members-title = Aelodau
members-invite = Gwahodd rhywun
members-search-do = Chwilio
members-full-name = Enw llawn
members-full-name-hint = Er enghraifft: Siân Phillips
members-forward = Anfon eu post ymlaen at
members-back = Pob aelod
groups-title = Grwpiau
services-title = Gwasanaethau
health-title = Iechyd
updates-title = Diweddariadau
log-title = Cofnod
