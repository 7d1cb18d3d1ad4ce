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
error-busy-text = Ein Teil des Servers antwortet gerade nicht. Bitte warten Sie eine Minute und laden Sie diese Seite neu. Wenn Sie gerade etwas geändert haben, sehen Sie bitte nach, ob es getan ist.
error-broken = Etwas ist schiefgegangen
error-broken-text = Das liegt nicht an Ihnen. Wenn Sie gerade etwas geändert haben, sehen Sie bitte nach, ob es getan ist, und versuchen Sie es noch einmal. Wenn es wieder geschieht, sagen Sie es denen, die sich um den Server kümmern.

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
menu-webmail = E-Mail im Browser
menu-webmail-about = Ihre Briefe lesen und schreiben
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
menu-updates-about = Neuere Versionen, und zurückgehen
menu-log = Protokoll
menu-log-about = Wer was geändert hat

## Passwörter

password-missing = Bitte wählen Sie ein Passwort.
password-short = Bitte wählen Sie ein längeres Passwort: mindestens 10 Zeichen. Drei oder vier Wörter hintereinander sind leicht zu merken und schwer zu erraten.
password-long = Dieses Passwort ist länger als 256 Zeichen. Bitte wählen Sie ein kürzeres.
password-odd = Ein Passwort muss in eine Zeile passen. Bitte lassen Sie Zeilenumbrüche weg.
password-name = Dieses Passwort besteht aus Ihrem Namen oder dem der Organisation. Das probieren Fremde zuerst. Bitte wählen Sie ein anderes.
password-common = Sehr viele Menschen verwenden dieses Passwort oder ein ähnliches, und das probieren Fremde zuerst. Bitte wählen Sie ein anderes, zum Beispiel drei oder vier Wörter hintereinander.
letters-many = Sie haben in der letzten Stunde sehr oft etwas geändert, und jedes Mal ging ein Brief an Sie. Jetzt wurde nichts geändert. Bitte versuchen Sie es in einer Stunde wieder.

## Die Übernahme

claim-code-title = Ein Server wartet auf seinen Besitzer
claim-code-lead = Dieser Server ist bereit und gehört noch niemandem. Wenn er Ihnen gehört, geben Sie seinen Übernahmecode ein.
claim-code = Übernahmecode
claim-code-hint = Zwölf Buchstaben und Ziffern, zum Beispiel ABCD-EFGH-JKMN. Großschreibung und Bindestriche spielen keine Rolle.
claim-code-do = Weiter
claim-code-where = Wo finde ich den Code?
claim-code-where-text = Melden Sie sich auf der Website des Anbieters an, bei dem Sie den Server mieten, und öffnen Sie dort den Bildschirm des Servers. Der Knopf dafür heißt oft Konsole, Console oder VNC. Der Code steht auf diesem Bildschirm.
claim-code-not-mine = Wenn dieser Server nicht Ihnen gehört, gibt es hier für Sie nichts zu tun.
claim-code-missing = Bitte geben Sie den Übernahmecode ein.
claim-code-wrong = { $count ->
    [0] Das ist nicht der Code. Für jetzt sind keine Versuche mehr übrig; bitte warten Sie eine Weile.
    [one] Das ist nicht der Code. Ein Versuch ist noch übrig, danach müssen Sie eine Weile warten.
   *[other] Das ist nicht der Code. Bitte vergleichen Sie ihn Buchstabe für Buchstabe mit dem Bildschirm des Servers. { $count } Versuche sind noch übrig.
}
claim-code-locked = Es waren zu viele falsche Codes. Zu Ihrer Sicherheit wird für { $time } keiner mehr angenommen. Bitte versuchen Sie es dann noch einmal.

claim-title = Machen Sie diesen Server zu Ihrem
claim-lead = Fünf Angaben, und der Server richtet sich selbst ein. Das meiste lässt sich später ändern.
claim-organisation = Name Ihrer Organisation
claim-organisation-hint = So, wie die Mitglieder ihn schreiben, zum Beispiel Gartenverein Ambridge
claim-organisation-missing = Bitte geben Sie den Namen Ihrer Organisation ein.
claim-domain = Domain Ihrer Organisation
claim-domain-hint = Was bei Ihren Adressen nach dem @ stehen soll, zum Beispiel ambridge.example. Sie mieten sie bei einem Registrar.
claim-domain-missing = Bitte geben Sie die Domain ein, zum Beispiel ambridge.example.
claim-domain-bad = Das ist keine Domain. Schreiben Sie eine wie ambridge.example: Buchstaben, Ziffern und Bindestriche, mit einem Punkt dazwischen und ohne Leerzeichen.
claim-full-name = Ihr Name
claim-full-name-hint = Vorname und Nachname. Sie sind die erste Person, die sich um diesen Server kümmert.
claim-full-name-missing = Bitte geben Sie Ihren Namen ein.
claim-password = Ein Passwort für Sie
claim-password-hint = Mindestens 10 Zeichen. Drei oder vier Wörter hintereinander sind leicht zu merken und schwer zu erraten. Es öffnet Ihre E-Mail und diese Seiten.
claim-password-kept = Das Passwort, das Sie eingegeben haben, ist aufgehoben. Schreiben Sie hier nur etwas, wenn Sie ein anderes wollen.
claim-recovery = Eine E-Mail-Adresse, die Sie anderswo haben
claim-recovery-hint = Wenn Sie das Passwort einmal vergessen, geht ein Link dorthin, mit dem Sie ein neues wählen.
claim-recovery-missing = Bitte geben Sie eine E-Mail-Adresse ein, die Sie anderswo haben.
claim-recovery-bad = Das ist keine E-Mail-Adresse. Schreiben Sie eine wie name@anderswo.example.
claim-recovery-own = Diese Adresse wird auf diesem Server selbst liegen. Bitte geben Sie eine anderswo ein: Sie brauchen sie, wenn Sie hier nicht hineinkommen.
claim-too-long = Das ist zu lang oder hat einen Zeilenumbruch. Bitte schreiben Sie höchstens 100 Zeichen in eine Zeile.
claim-more = Zeitzone, Sprache, Dienste und mehr
claim-more-hint = All das ist schon ausgefüllt. Ändern Sie es nur, wenn Sie möchten.
claim-name = Der Name, mit dem Sie sich anmelden
claim-name-hint = Er ist auch der erste Teil Ihrer Adresse. Bleibt er leer, wird er aus Ihrem Namen gemacht, zum Beispiel jill.archer.
claim-name-missing = Aus Ihrem Namen ließ sich keiner zum Anmelden machen. Bitte schreiben Sie einen in kleinen Buchstaben, zum Beispiel jill.archer.
claim-name-bad = Damit kann man sich nicht anmelden. Nehmen Sie kleine Buchstaben a-z, Ziffern, Punkte und Bindestriche, beginnen Sie mit einem Buchstaben, und schreiben Sie höchstens 32 Zeichen.
claim-name-kept = Diesen Namen behält der Server für sich. Bitte wählen Sie einen anderen.
claim-host = Der eigene Name des Servers
claim-host-hint = Wo Sie diese Seiten finden werden. Bleibt er leer, ist er mail. und Ihre Domain.
claim-host-bad = Das ist kein Name für einen Server. Schreiben Sie einen wie mail.ambridge.example.
claim-timezone = Zeitzone
claim-timezone-hint = Wählen Sie den Ort, der Ihnen am nächsten liegt.
claim-timezone-utc = Weltzeit (UTC)
claim-timezone-bad = Bitte wählen Sie eine Zeitzone aus der Liste.
claim-language = Sprache
claim-language-hint = Die der Briefe vom Server, und der Seiten für Browser, die keine von diesen vorziehen.
claim-language-bad = Bitte wählen Sie eine Sprache aus der Liste.
claim-services = Dienste
claim-services-hint = Was nicht angekreuzt ist, lässt sich später einschalten.
claim-services-bad = Einer davon lässt sich hier nicht einschalten. Bitte sehen Sie die Häkchen noch einmal an.
claim-other-fault = Der Server hat etwas gefunden, womit er nichts anfangen kann: { $what }.
claim-do = Den Server einrichten
claim-do-hint = Das dauert eine oder zwei Minuten. Danach ist der Übernahmecode wertlos.
claim-done = Dieser Server gehört Ihnen. Sie sind angemeldet; Ihr Name hier ist von nun an { $name }.

## Fortschritt

progress-title = Der Server richtet sich ein
progress-lead = Sie müssen jetzt nichts tun. Das dauert eine oder zwei Minuten.
progress-waiting = wartet, bis es dran ist
progress-starting = startet
progress-well = geht
progress-failed = ist nicht gestartet; der Server versucht es von selbst noch einmal
progress-all-well = Alles geht.
progress-next = Weiter: was beim Registrar zu tun ist
progress-reload = Diese Seite lädt sich alle paar Sekunden neu.

elsewhere-title = Noch eine Adresse für diese Seiten
elsewhere-text = Sobald Ihre Domain hierher führt, finden Sie diese Seiten auch unter { $host }.
elsewhere-stays = Die Adresse, unter der Sie jetzt sind, geht weiterhin:

## Ihre Domain

dns-title = Was beim Registrar zu tun ist
dns-lead = Beim Registrar mieten Sie { $domain }. Damit E-Mail diesen Server findet, tragen Sie dort Folgendes ein. Das tun Sie einmal.
dns-check = Jetzt prüfen
dns-check-hint = Was Sie eintragen, ist oft nach Minuten zu sehen; manchmal dauert es einige Stunden. Sie können diese Seite so lange schließen.
dns-all-seen = Alles ist zu sehen. Hier ist nichts mehr zu tun.
dns-some-seen = { $count ->
    [one] Von { $all } Einträgen ist bisher einer zu sehen.
   *[other] Von { $all } Einträgen sind bisher { $count } zu sehen.
}
dns-some-unknown = Einige ließen sich gerade nicht herausfinden. Das liegt am Server und sagt nichts über das, was Sie eingetragen haben; prüfen Sie in einer Weile noch einmal.
dns-no-address = Dieser Server weiß nicht, unter welcher Nummer die Welt ihn sieht: er hat nur private Nummern. Bitte fragen Sie den Anbieter des Servers nach seiner öffentlichen Nummer, und tragen Sie auch diese beim Registrar ein, als Typ A mit dem Namen { $host }.
dns-unasked = Noch nicht geprüft
dns-seen = Zu sehen
dns-not-yet = Noch nicht zu sehen. Wenn Sie es eben erst eingetragen haben, warten Sie einfach.
dns-other = Hier ist etwas anderes eingetragen. Ändern Sie es in den Wert unten; wenn Sie es eben erst geändert haben, warten Sie einfach.
dns-besides = Zu sehen, aber daneben steht etwas, das im Weg ist. Entfernen Sie den anderen Eintrag, wenn Sie ihn nicht brauchen.
dns-unknown = Ließ sich gerade nicht herausfinden. Das liegt am Server, nicht an Ihnen.
dns-found = Gefunden, stattdessen oder daneben:
dns-show = Den Eintrag zeigen
dns-name = Name
dns-priority = Priorität
dns-value = Wert
dns-copy = Kopieren
dns-copied = Kopiert
dns-for-mx = Sagt, dass E-Mail für Ihre Domain zu diesem Server kommt.
dns-for-address = Sagt, wo im Internet dieser Server ist.
dns-for-cname = Ein anderer Name für denselben Server.
dns-for-srv = Damit richten sich Programme von selbst ein.
dns-for-ptr = Sagt den Namen des Servers denen, die seine Nummer sehen. Das tragen Sie beim Anbieter des Servers ein, nicht beim Registrar. Dort heißt es oft Reverse DNS oder PTR.
dns-provider = Beim Anbieter des Servers
dns-number = Nummer
dns-for-spf = Sagt, dass nur dieser Server E-Mail für Ihre Domain verschickt.
dns-for-dkim = Damit können andere die Unterschrift auf Ihren Briefen prüfen.
dns-for-dmarc = Sagt, was andere mit gefälschten Briefen in Ihrem Namen tun sollen.
dns-how = Wie mache ich das?
dns-how-where = Melden Sie sich auf der Website des Registrars an, wählen Sie Ihre Domain und suchen Sie DNS, Einträge oder Zone. Fügen Sie für jeden Kasten oben einen Eintrag hinzu: wählen Sie den Typ, und kopieren Sie Name und Wert.
dns-how-name = Ein @ als Name steht für die Domain selbst. Manche Registrare wollen dieses Feld stattdessen leer, und manche wollen den ganzen Namen.
dns-how-old = Wenn es für die Domain schon Einträge vom Typ MX gibt, entfernen Sie sie: sie führen E-Mail anderswohin.
dns-how-long = Andere Einträge, etwa die Ihrer Website, können bleiben, wie sie sind.

## Dienste, nach dem Namen ihres Ordners

service-base = Grundlagen
service-console = Diese Seiten
service-directory = Mitgliederverzeichnis
service-mail = E-Mail
service-web = Webserver
service-webmail = E-Mail im Browser
