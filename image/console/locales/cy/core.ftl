# Brawddegau a rennir gan bob tudalen. Wedi'i ddechrau: dywedir y gweddill yn Saesneg.

layout-skip = Neidio i'r cynnwys
layout-menu = Dewislen
layout-languages = Ieithoedd
layout-signed-in = Rydych wedi mewngofnodi fel { $name }.
layout-sign-out = Allgofnodi
form-show-password = Dangos y cyfrinair
error-home = Mynd i'r dudalen gyntaf
error-missing = Does dim byd yma
sign-in-title = Mewngofnodi
sign-in-name = Eich enw yma
sign-in-password = Cyfrinair
sign-in-do = Mewngofnodi
sign-in-forgot = Wedi anghofio'ch cyfrinair?
home-title = Hafan
menu-members = Aelodau
menu-groups = Grwpiau
menu-password = Cyfrinair
