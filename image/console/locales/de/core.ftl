# Sätze, die alle Seiten teilen, die Übernahme, der Fortschritt, und was beim Registrar zu tun ist.

product = Small Organisation Server

## Um jede Seite

layout-skip = Zum Inhalt springen
layout-menu = Menü
layout-languages = Sprachen
layout-signed-in = Sie sind angemeldet als { $name }.
layout-sign-out = Abmelden
session-ended = Sie wurden abgemeldet, weil hier eine Weile nichts geschehen ist. Bitte melden Sie sich neu an.

duration-seconds = { $count ->
    [one] 1 Sekunde
   *[other] { $count } Sekunden
}
duration-minutes = { $count ->
    [one] 1 Minute
   *[other] { $count } Minuten
}
duration-hours = { $count ->
    [one] 1 Stunde
   *[other] { $count } Stunden
}

## Formulare

form-wrong = Etwas fehlt noch oder stimmt noch nicht
form-odd-characters = Hier steht ein Zeichen, das nicht verwendet werden kann, vielleicht vom Kopieren. Bitte tippen Sie es von Hand ein.
form-show-password = Passwort zeigen

## Fehler

error-home = Zur ersten Seite
error-forbidden = Das ging nicht
error-forbidden-text = Entweder ist diese Seite nur für die da, die sich um den Server kümmern, oder sie war so lange offen, dass sie nicht mehr gilt. Nichts wurde geändert. Gehen Sie zur ersten Seite, melden Sie sich an und versuchen Sie es noch einmal.
error-missing = Hier ist nichts
error-missing-text = Diese Seite gibt es nicht. Vielleicht ist ein Link alt, oder in der Adresse steckt ein Tippfehler.
error-large = Das ist zu viel
error-large-text = Was Sie geschickt haben, ist größer, als dieser Server annimmt. Nichts wurde geändert. Bitte schicken Sie etwas Kleineres.
error-busy = Einen Moment, bitte
error-busy-text = Ein Teil des Servers antwortet gerade nicht. Nichts wurde geändert. Bitte warten Sie eine Minute und laden Sie diese Seite neu.
error-broken = Etwas ist schiefgegangen
error-broken-text = Das liegt nicht an Ihnen. Nichts wurde geändert. Bitte versuchen Sie es noch einmal; wenn es wieder geschieht, sagen Sie es denen, die sich um den Server kümmern.

## Anmelden

sign-in-title = Anmelden
sign-in-name = Ihr Name hier
sign-in-name-hint = Der erste Teil Ihrer Adresse, zum Beispiel jill.archer
sign-in-password = Passwort
sign-in-do = Anmelden
sign-in-forgot = Passwort vergessen?
sign-in-wrong = Name und Passwort passen nicht zusammen. Bitte prüfen Sie beide und versuchen Sie es noch einmal.
sign-in-locked = Von dort, wo Sie sind, kamen zu viele falsche Passwörter. Bitte versuchen Sie es in { $time } noch einmal, oder lassen Sie sich ein neues schicken.
sign-in-too-fast = Das war zu schnell. Bitte warten Sie { $time } und versuchen Sie es noch einmal.

## Die erste Seite

home-title = Start
home-administration = Sich um den Server kümmern
menu-webmail = E-Mail
menu-webmail-about = Im Browser lesen und schreiben
menu-mail = Meine E-Mail
menu-mail-about = Hier aufheben oder weiterschicken lassen
menu-phone = Mein Telefon einrichten
menu-phone-about = E-Mail auf Telefon, Tablet oder Computer
menu-vacation = Abwesenheit
menu-vacation-about = Eine Antwort, während Sie fort sind
menu-filters = Sortieren
menu-filters-about = Briefe von selbst in Ordner legen
menu-password = Passwort
menu-password-about = Ein neues wählen
menu-members = Mitglieder
menu-members-about = Menschen hinzufügen, ändern, entfernen
menu-groups = Gruppen
menu-groups-about = Eine Adresse für mehrere Menschen
menu-roles = Ämter
menu-roles-about = Adressen wie kasse oder vorstand
menu-dns = Ihre Domain
menu-dns-about = Was beim Registrar einzutragen ist
menu-health = Gesundheit
menu-health-about = Geht alles?
menu-services = Dienste
menu-services-about = Ein- und ausschalten
menu-organisation = Organisation
menu-organisation-about = Name, Logo, Sprache, Zeitzone
menu-updates = Aktualisierungen
menu-updates-about = Welche Version hier läuft
menu-log = Protokoll
menu-log-about = Wer was geändert hat
