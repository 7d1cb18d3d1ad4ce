# Sätze der Seiten für die, die sich um den Server kümmern: Mitglieder, Listen, Gruppen, Ämter, Dienste, Organisation,
# Gesundheit, Aktualisierungen, Protokoll; und der Brief, der ein neues Mitglied einlädt.

## Von diesen Seiten geteilt

form-save = Speichern
form-back = Zurück, ohne zu speichern
stale-title = Jemand anders hat das inzwischen geändert
stale-text = Von Ihnen ist noch nichts gespeichert. Vergleichen Sie beides; wenn Sie jetzt speichern, gilt Ihre Fassung statt der anderen.
stale-field = Was
stale-yours = Sie schrieben
stale-now = Jetzt steht da
stale-ticks = Ihre Auswahl steht noch unten.
stale-theirs = Lassen, wie es jetzt dort steht

## Was an dem Geschriebenen nicht stimmen kann

slip-full-name-missing = Bitte schreiben Sie den vollen Namen, zum Beispiel Jill Archer.
slip-full-name-long = Dieser Name hat mehr als 100 Zeichen. Bitte kürzen Sie ihn.
slip-formula = „{ $text }“ würde eine Tabelle ausrechnen. Bitte entfernen Sie das Zeichen am Anfang.
slip-login-missing = Bitte schreiben Sie einen Namen zum Anmelden, zum Beispiel jill.archer.
slip-login-odd = Ein Name zum Anmelden hat nur kleine Buchstaben a–z, Ziffern, Punkte, Bindestriche und Unterstriche, beginnt mit einem Buchstaben und hat höchstens 32 Zeichen, zum Beispiel jill.archer.
slip-login-not-made = Aus „{ $name }“ lässt sich kein Name zum Anmelden machen. Bitte schreiben Sie einen, zum Beispiel jill.archer.
slip-address-elsewhere = „{ $text }“ ist keine Adresse dieses Servers. Bitte schreiben Sie nur, was vor dem @ steht.
slip-address-odd = „{ $text }“ kann hier keine Adresse sein. Bitte nehmen Sie Buchstaben a–z, Ziffern, Punkte, Bindestriche und Unterstriche.
slip-addresses-many = Mehr als 20 weitere Adressen sind zu viel für einen Menschen. Bitte entfernen Sie einige.
slip-taken = Die Adresse { $address } gehört schon { $by }. Bitte wählen Sie eine andere.
slip-twice = { $address } steht schon in Zeile { $line }. Wenn das jemand anders ist, geben Sie einem von beiden in einer Spalte „login“ einen anderen Namen.
slip-there-already = { $name } scheint schon Mitglied zu sein: { $by }. Wenn das jemand anders ist, schreiben Sie einen anderen Namen in eine Spalte „login“.
slip-forward-odd = Das ist keine E-Mail-Adresse. Bitte schreiben Sie eine wie jill@example.org, oder lassen Sie das Feld leer.
slip-forward-here = Das ist eine Adresse dieses Servers. Bitte schreiben Sie eine anderswo, oder lassen Sie das Feld leer.
slip-recovery-missing = Eine Einladung braucht eine Adresse, an die sie geht. Bitte schreiben Sie eine, die schon gelesen wird.
slip-recovery-odd = Das ist keine E-Mail-Adresse. Bitte schreiben Sie eine wie jill@example.org.
slip-recovery-here = Das ist eine Adresse dieses Servers, und die liest man ohne Passwort nicht. Bitte schreiben Sie eine anderswo.
slip-quota-odd = Bitte schreiben Sie eine ganze Zahl von Megabyte, zum Beispiel 500.
slip-nobody-picked = Niemand ist ausgewählt. Bitte haken Sie mindestens einen Menschen an.
slip-no-such-member = { $name } ist kein Mitglied mehr. Bitte sehen Sie nach, wer angehakt ist, und speichern Sie noch einmal.
slip-last-administrator = Dann könnte sich niemand mehr um den Server kümmern. Bitte geben Sie das erst unter Ämter noch jemand anderem.
slip-columns = Diese Zeile hat mehr Spalten als die erste. Setzen Sie einen Text, in dem das Trennzeichen vorkommt, in Anführungszeichen.

## Mitglieder

members-title = Mitglieder
members-invite = Jemanden einladen
members-new = Mit Passwort hinzufügen
members-import = Eine ganze Liste hinzufügen
members-search = Nach Namen oder Adresse suchen
members-search-do = Suchen
members-all = Alle zeigen
members-count = { $count ->
    [one] 1 Mitglied
   *[other] { $count } Mitglieder
}
members-found = { $count ->
    [0] Zu „{ $search }“ passt niemand.
    [one] Zu „{ $search }“ passt 1 Mitglied.
   *[other] Zu „{ $search }“ passen { $count } Mitglieder.
}
members-tag-administrator = kümmert sich um den Server
members-tag-suspended = gesperrt
members-tag-invited = eingeladen, noch nicht da
members-tag-forward = Post geht weiter
members-back = Alle Mitglieder
members-new-title = Ein Mitglied hinzufügen
members-new-lead = Sie wählen das erste Passwort und sagen es weiter. Nach dem Anmelden lässt es sich ändern.
members-new-do = Dieses Mitglied hinzufügen
members-invite-title = Ein Mitglied einladen
members-invite-lead = Es bekommt einen Brief mit einem Link und wählt sein Passwort selbst. Der Link gilt 7 Tage.
members-invite-do = Hinzufügen und Einladung schicken
members-full-name = Voller Name
members-full-name-hint = Zum Beispiel: Jill Archer
members-name = Name zum Anmelden
members-name-hint = Er ist auch der erste Teil der Adresse und bleibt, wie er ist, zum Beispiel jill.archer. Leer gelassen, wird er aus dem vollen Namen gemacht.
members-password = Erstes Passwort
members-password-hint = Mehrere Wörter merkt man sich leicht und errät man schwer, zum Beispiel drei grüne Bohnen
members-recovery = Adresse anderswo
members-recovery-hint = Eine, die schon gelesen wird, zum Beispiel jill@example.org. Dorthin gehen Einladungen, und ein Link, wenn das Passwort vergessen ist.
members-own-password = Ihr eigenes Passwort
members-own-password-hint = Nur wenn Sie die Adresse anderswo ändern: Wer dort Mail liest, kann ein neues Passwort setzen
members-more = Mehr: weitere Adressen, Weiterleitung, Platz für Post
members-addresses = Weitere Adressen hier
members-addresses-hint = Eine je Zeile, nur was vor dem @ steht, zum Beispiel j.archer
members-forward = Post weiterschicken an
members-forward-hint = Zum Beispiel jill@example.org. Leer gelassen, bleibt die Post hier.
members-quota = Platz für Post, in Megabyte
members-quota-hint = Zum Beispiel 500. Leer gelassen, ist es so viel, wie alle haben.
members-teams = Gruppen und Ämter
members-teams-none = Keine. In Gruppen kommt man auf den Seiten der Gruppen.
members-else = Was Sie noch tun können
members-suspend = Sperren
members-suspend-hint = Wer gesperrt ist, kann sich nirgends anmelden und keine Post lesen. Briefe werden weiter angenommen und aufgehoben.
members-resume = Wieder hereinlassen
members-resume-hint = Dieses Mitglied ist gesperrt und kann sich nirgends anmelden.
members-invite-again = Eine Einladung schicken
members-invite-again-hint = Ein Brief mit einem Link zum Wählen eines Passworts geht an die Adresse anderswo. Das jetzige Passwort gilt, bis er benutzt wird.
members-remove = Dieses Mitglied entfernen …
members-remove-hint = Die nächste Seite fragt, was mit der Post geschieht.
members-added = { $name } ist jetzt Mitglied.
members-invited = { $name } ist jetzt Mitglied; eine Einladung ist unterwegs an { $address }.
members-invited-again = Eine Einladung für { $name } ist unterwegs an { $address }.
members-invitation-failed = { $name } ist Mitglied, aber die Einladung ging nicht hinaus. Bitte versuchen Sie in ein paar Minuten „Eine Einladung schicken“.
members-invitations-many = { $name } ist Mitglied, aber es ging keine Einladung hinaus: Sie haben seit gestern sehr viele geschickt. Bitte versuchen Sie morgen „Eine Einladung schicken“.
members-saved = Was Sie bei { $name } geändert haben, ist gespeichert.
members-suspended = { $name } ist gesperrt und wurde hier abgemeldet.
members-resumed = { $name } kann sich wieder anmelden.
members-remove-title = { $name } entfernen
members-remove-lead = { $name } kann sich dann nicht mehr anmelden und verlässt alle Gruppen und Ämter.
members-remove-myself = Das sind Sie selbst: Sie werden sofort abgemeldet.
members-remove-not = Nicht entfernen
members-remove-do = { $name } entfernen
members-alone = Hier ist sonst niemand; auch diese verschwinden, wenn Sie die Adresse nicht weitergeben. Um eine zu behalten, setzen Sie erst jemand anderen hinein:
members-mail = Was geschieht mit der Post?
members-mail-keep = 30 Tage aufheben, dann löschen. Neue Briefe gehen zurück.
members-mail-delete = Jetzt löschen. Das lässt sich nicht rückgängig machen. Neue Briefe gehen zurück.
members-mail-hand = Jemand anders bekommt von jetzt an die neuen Briefe. Die alte Post wird 30 Tage aufgehoben, dann gelöscht.
members-mail-choose = Bitte wählen Sie eines davon.
members-heir = Wer bekommt neue Briefe?
members-heir-hint = Nur, wenn jemand anders sie bekommen soll, zum Beispiel wer nachfolgt
members-heir-none = Niemand
members-heir-missing = Bitte wählen Sie, wer die Briefe bekommt.
members-removed = { $name } ist kein Mitglied mehr.
members-removed-not-mail = { $name } ist kein Mitglied mehr, aber die Post ließ sich nicht wegräumen. Bitte sagen Sie es denen, die Ihnen mit dem Server helfen.

## Die Einladung

invitation-subject = Ihre Adresse bei { $organisation }
invitation-text =
    Guten Tag { $name },

    { $organisation } hat eine E-Mail-Adresse für Sie.
    Um Ihr Passwort zu wählen, öffnen Sie innerhalb von 7 Tagen diesen Link:

    { $link }

    Wenn Sie diesen Brief nicht erwartet haben, brauchen Sie nichts zu tun.

## Eine Liste neuer Mitglieder

import-title = Eine ganze Liste hinzufügen
import-lead = Nehmen Sie die Mitgliederliste, die Sie haben, aus irgendeiner Tabelle. Sie sehen erst, was geschehen würde.
import-step-save = Wählen Sie in Ihrer Tabelle „Speichern unter“ und „CSV“.
import-step-columns = Die erste Zeile sagt, was die Spalten sind: Voller Name (oder Vorname und Nachname), E-Mail, und wenn Sie mögen Benutzername, Weitere Adressen, Weiterleitung, Platz. Andere werden weggelassen.
import-step-look = Schicken Sie sie hierher. Niemand wird hinzugefügt, bevor Sie die Liste gesehen und einen zweiten Knopf gedrückt haben.
import-sample =
    Vorname;Nachname;E-Mail
    Jill;Archer;jill@example.org
    David;Archer;david@example.net
import-file = Die Datei
import-file-hint = Eine .csv-Datei, zum Beispiel mitglieder.csv, mit höchstens 1000 Zeilen
import-paste = Oder die Zeilen stattdessen hier einfügen
import-pasted = Zeilen
import-pasted-hint = Aus einer Tabelle kopiert oder von Hand geschrieben, die erste Zeile wie oben
import-try = Die Liste ansehen
import-fault-empty = Hier ist nichts zu lesen. Bitte wählen Sie eine Datei, oder fügen Sie Zeilen ein: eine erste, und darunter mindestens einen Menschen.
import-fault-columns = Die erste Zeile sagt nicht, in welcher Spalte die Namen stehen. Bitte schreiben Sie „Voller Name“, oder „Vorname“ und „Nachname“, darüber.
import-fault-many = Das sind mehr als { $count } Zeilen. Bitte schicken Sie die Liste in Teilen.
import-fault-no-text = Das ist keine Liste als Text. Wählen Sie in Ihrer Tabelle „Speichern unter“ und „CSV“, und schicken Sie diese Datei.
import-fault-name = Der Name der Datei sollte auf .csv enden. Wählen Sie in Ihrer Tabelle „Speichern unter“ und „CSV“, und schicken Sie diese Datei.
import-try-title = Was geschehen würde
import-nothing-yet = Noch ist nichts geändert.
import-ignored = Diese Spalten werden weggelassen: { $columns }
import-again = Eine andere Datei schicken
import-bad = { $count ->
    [one] 1 Zeile lässt sich nicht verwenden
   *[other] { $count } Zeilen lassen sich nicht verwenden
}
import-bad-hint = Verbessern Sie sie in Ihrer Tabelle und schicken Sie die Datei noch einmal, oder machen Sie ohne sie weiter.
import-line = Zeile { $count }
import-good = { $count ->
    [one] 1 Mensch kann hinzugefügt werden
   *[other] { $count } Menschen können hinzugefügt werden
}
import-letters = { $count ->
    [0] Niemand bekommt eine Einladung per E-Mail.
    [one] 1 Mensch bekommt eine Einladung per E-Mail.
   *[other] { $count } Menschen bekommen eine Einladung per E-Mail.
}
import-by-hand = { $count ->
    [one] 1 Mensch hat keine Adresse anderswo; Sie bekommen einen Link zum Weitergeben.
   *[other] { $count } Menschen haben keine Adresse anderswo; Sie bekommen Links zum Weitergeben.
}
import-add = { $count ->
    [one] 1 Menschen hinzufügen
   *[other] Alle { $count } Menschen hinzufügen
}
import-add-good = { $count ->
    [one] Diesen 1 Menschen hinzufügen und die anderen weglassen
   *[other] Diese { $count } Menschen hinzufügen und die anderen weglassen
}
import-show-good = Zeigen, wer hinzugefügt werden kann
import-report-title = Die Liste wird hinzugefügt
import-busy = Es wird schon eine Liste hinzugefügt. Bitte warten Sie, bis das fertig ist.
import-going = { $count } von { $total } Menschen sind an der Reihe gewesen.
import-going-hint = Diese Seite lädt sich selbst neu. Sie können sie verlassen; die Arbeit geht weiter.
import-done = { $count ->
    [0] Niemand wurde hinzugefügt.
    [one] 1 Mensch wurde hinzugefügt.
   *[other] { $count } Menschen wurden hinzugefügt.
}
import-done-letters = { $count ->
    [0] Keine Einladung wurde geschickt.
    [one] 1 Einladung ist unterwegs.
   *[other] { $count } Einladungen sind unterwegs.
}
import-failed = { $count ->
    [one] 1 Mensch konnte nicht hinzugefügt werden
   *[other] { $count } Menschen konnten nicht hinzugefügt werden
}
import-failed-otherwise = Der Server hat diesen nicht angenommen. Bitte fügen Sie ihn von Hand hinzu.
import-links = { $count ->
    [one] 1 Link zum Weitergeben
   *[other] { $count } Links zum Weitergeben
}
import-links-hint = An diese Menschen ging keine Einladung. Geben Sie jedem seinen eigenen Link; er gilt 7 Tage, und um einmal ein Passwort zu wählen. Die Links stehen hier nur bis zur nächsten Liste.

## Gruppen und Ämter

groups-title = Gruppen
groups-lead = Eine Adresse für mehrere Menschen: Ein Brief an die Gruppe erreicht alle darin.
groups-new = Eine Gruppe hinzufügen
groups-new-title = Eine Gruppe hinzufügen
groups-back = Alle Gruppen
groups-name = Name der Gruppe
groups-name-hint = Er ist der erste Teil der Adresse, zum Beispiel vorstand
roles-title = Ämter
roles-lead = Eine Adresse, die bleibt, wenn der Mensch wechselt, wie kasse. Mehrere können ein Amt zusammen haben.
roles-new = Ein Amt hinzufügen
roles-new-title = Ein Amt hinzufügen
roles-back = Alle Ämter
roles-name = Name des Amtes
roles-name-hint = Er ist der erste Teil der Adresse, zum Beispiel kasse
roles-administrators = Wer hier angehakt ist, kann diese Seiten öffnen und sich um den Server kümmern. Auch Briefe an postmaster, abuse und webmaster kommen dort an.
teams-none = Es gibt noch keine.
teams-name-missing = Bitte schreiben Sie einen Namen, zum Beispiel vorstand.
teams-who-writes = Wer darf dorthin schreiben?
teams-open = alle dürfen schreiben
teams-closed = nur Mitglieder
teams-open-hint = Alle, auch Menschen anderswo
teams-closed-hint = Nur Mitglieder; Briefe von anderswo gehen zurück
teams-members = Wer gehört dazu?
teams-add = Hinzufügen
teams-added = { $address } gibt es jetzt.
teams-saved = { $address } ist gespeichert.
teams-remove = Entfernen …
teams-remove-hint = Briefe an diese Adresse gehen dann zurück. Wer darin ist, bleibt Mitglied.
teams-remove-do = Entfernen
teams-removed = { $address } ist entfernt.

## Dienste

services-title = Dienste
services-lead = Was dieser Server für Sie tut.
services-on = Eingeschaltet
services-on-now = Jetzt eingeschaltet:
services-mail-about = Adressen und Postfächer für Ihre Mitglieder, auf Telefon und Computer.
services-webmail-about = Post im Browser lesen und schreiben. Braucht E-Mail.
services-webmail-needs-mail = E-Mail im Browser zeigt die Post dieses Servers und braucht darum E-Mail. Schalten Sie E-Mail ein, oder E-Mail im Browser aus.
services-off-hint = Was Sie ausschalten, behält seine Daten und hat sie wieder, wenn Sie es einschalten. Solange E-Mail aus ist, warten Briefe an Sie bei ihren Absendern und gehen nach einigen Tagen zurück. Auch der Server verschickt dann keine Briefe: keine Einladungen, und keine Links für die, die ihr Passwort vergessen haben.
services-saved = Gespeichert. Es dauert eine Minute, bis alles so ist, wie Sie es gewählt haben.
services-issue = Der Server nimmt diese Wahl nicht an. Bitte laden Sie diese Seite neu und wählen Sie noch einmal.

## Organisation

organisation-title = Organisation
organisation-name = Name
organisation-name-hint = So, wie Ihre Mitglieder ihn schreiben, zum Beispiel Ambridge Garden Club
organisation-name-wrong = Bitte schreiben Sie einen Namen mit höchstens 100 Zeichen.
organisation-timezone = Zeitzone
organisation-timezone-hint = Die nächste große Stadt, zum Beispiel Berlin
organisation-timezone-wrong = Bitte wählen Sie eine Zeitzone aus der Liste.
organisation-language = Sprache
organisation-language-hint = Für Seiten, wenn ein Browser keine andere verlangt, und für Briefe des Servers, zum Beispiel Deutsch
organisation-language-wrong = Bitte wählen Sie eine Sprache aus der Liste.
organisation-quota = Platz für die Post jedes Mitglieds, in Megabyte
organisation-quota-hint = Zum Beispiel 1024, das reicht für etwa zehntausend Briefe. Mehr oder weniger lässt sich bei jedem Mitglied sagen.
organisation-message = Größter Brief, in Megabyte
organisation-message-hint = Zum Beispiel 25. Viele Server anderswo nehmen nicht mehr an.
organisation-message-wrong = Bitte schreiben Sie eine ganze Zahl von 1 bis 100.
organisation-saved = Gespeichert.
organisation-issue = Der Server nimmt das nicht an. Bitte laden Sie diese Seite neu und schreiben Sie es noch einmal.
organisation-logo = Logo
organisation-logo-now = Ihr Logo
organisation-logo-file = Ein Bild
organisation-logo-hint = PNG, JPEG oder WebP mit höchstens 200 kB, zum Beispiel logo.png. Es steht oben auf jeder Seite.
organisation-logo-do = Dieses Bild nehmen
organisation-logo-remove = Das Logo entfernen
organisation-logo-saved = Ihr Logo steht jetzt oben auf jeder Seite.
organisation-logo-removed = Das Logo ist entfernt.
organisation-logo-missing = Bitte wählen Sie erst ein Bild.
organisation-logo-large = Dieses Bild hat mehr als 200 kB. Bitte verkleinern Sie es und versuchen Sie es noch einmal.
organisation-logo-kind = Das ist kein Bild im Format PNG, JPEG oder WebP. Bitte speichern Sie es so und versuchen Sie es noch einmal.
organisation-logo-name = Der Name der Datei passt nicht zum Bild darin: PNG endet auf .png, JPEG auf .jpg, WebP auf .webp. Bitte speichern Sie das Bild neu und versuchen Sie es noch einmal.

## Gesundheit

health-title = Gesundheit
health-all-well = Alles geht.
health-some = Das meiste geht; sehen Sie sich an, was hervorgehoben ist.
health-check = Jetzt alles ausprobieren
health-check-hint = Jeder Dienst tut einmal seine wirkliche Arbeit; das kann eine Minute dauern.
health-checked-lately = In den letzten Minuten wurde alles schon mehrmals ausprobiert. Bitte warten Sie zehn Minuten, bevor Sie es wieder tun.
health-checking = Gerade wird alles ausprobiert. Diese Seite lädt sich neu, bis es getan ist.
health-services = Dienste
health-machine = Die Maschine
health-mood-well = gut
health-mood-look = ansehen
health-mood-broken = geht nicht
health-service-well = Hat vor { $ago } seine wirkliche Arbeit getan.
health-service-starting = Startet gerade. Bitte sehen Sie in einer Minute wieder nach.
health-service-broken = Beim letzten Versuch, vor { $ago }, ging es nicht.
health-restart = Neu starten
health-for-support = Für die, die Ihren Server betreuen
health-disk = Festplatte
health-disk-well = { $free } GB von { $all } GB sind frei.
health-disk-low = Nur noch { $free } GB von { $all } GB sind frei. Bitten Sie Mitglieder mit viel Post, etwas zu löschen, oder Ihren Anbieter um eine größere Festplatte.
health-disk-full = Die Festplatte ist voll: { $free } GB von { $all } GB sind frei. Neue Post kann abgewiesen werden. Bitten Sie Ihren Anbieter um eine größere Festplatte.
health-memory = Arbeitsspeicher
health-memory-well = { $free } MB von { $all } MB sind frei.
health-memory-low = Nur noch { $free } MB von { $all } MB sind frei; Seiten können langsam sein. Wenn es so bleibt, bitten Sie Ihren Anbieter um mehr.
health-certificate = Zertifikat
health-certificate-well = Browser trauen diesem Server ({ $names }). Es wird vor dem { $until } von selbst erneuert.
health-certificate-own = Noch hat keine Stelle für diesen Server unterschrieben, darum warnen Browser. Das kommt von selbst, wenn Ihre Domain hierher führt; siehe Ihre Domain.
health-certificate-soon = Es gilt nur noch bis { $until } und ließ sich bisher nicht erneuern. Der Server versucht es von selbst; Sie können es ihn jetzt versuchen lassen.
health-certificate-over = Es ist am { $until } abgelaufen; Browser warnen. Lassen Sie den Server ein neues holen.
health-certificate-ask = Jetzt ein neues holen
health-queue = Ausgehende Post
health-queue-empty = Kein Brief wartet.
health-queue-some = { $count ->
    [one] 1 Brief ist unterwegs, seit { $oldest }. Das ist üblich.
   *[other] { $count } Briefe sind unterwegs, der älteste seit { $oldest }. Das ist üblich.
}
health-queue-old = { $count ->
    [one] 1 Brief wartet seit { $oldest }. Meist nimmt ihn der Server nicht an, für den er ist; unserer versucht es fünf Tage lang von selbst wieder.
   *[other] { $count } Briefe warten, der älteste seit { $oldest }. Meist nehmen sie die Server nicht an, für die sie sind; unserer versucht es fünf Tage lang von selbst wieder.
}
health-queue-flush = Jetzt noch einmal versuchen
health-mended = Getan. Bitte sehen Sie in einer Minute wieder nach.
health-not-mended = Das ging eben nicht. Bitte versuchen Sie es in ein paar Minuten noch einmal.

## Aktualisierungen

updates-title = Aktualisierungen
updates-now = Auf diesem Server läuft Version
updates-checking = Der Server sieht nach, ob es eine neuere Version gibt.
updates-loads-again = Diese Seite lädt sich selbst neu.
updates-fetching = Die neue Version wird geholt: { $here } von { $all } MB sind da.
updates-fetching-more = Alles geht währenddessen weiter. Diese Seite lädt sich selbst neu; Sie können sie verlassen.
updates-trying = Der Server startet mit einer anderen Version und ist in ein paar Minuten wieder da.
updates-trying-more = Bis dahin sind diese Seiten fort. Melden Sie sich danach neu an: Hier steht dann, wie es ausgegangen ist. Geht die Version nicht, stellt der Server von selbst alles wieder so her, wie es vorher war; das kann eine Viertelstunde dauern. Briefe von anderswo warten so lange, und keiner geht verloren.
updates-taken-back = Der Server hat am { $at } Version { $version } versucht, und sie ging hier nicht. Alles wurde wieder so hergestellt, wie es vorher war, und kein Brief ging verloren. Sie müssen nichts tun.
updates-fault-looking = Als der Server zuletzt nach einer neueren Version sah, am { $at }, bekam er keine brauchbare Antwort. Er versucht es von selbst wieder. Bleibt das länger als ein paar Tage so, sagen Sie es bitte denen, die Ihren Server betreuen.
updates-fault-never = Der Server konnte bisher nicht nach einer neueren Version sehen. Er versucht es von selbst wieder. Bleibt das länger als ein paar Tage so, sagen Sie es bitte denen, die Ihren Server betreuen.
updates-fault-fetching = Beim letzten Mal kam der Server damit nicht weiter. Er versucht es von selbst wieder und macht dort weiter, wo er aufgehört hat.
updates-no-channel = Dieser Server wurde ohne einen Ort gebaut, von dem er Aktualisierungen bekommt. Ihr Anbieter kann Ihnen sagen, wie neuere Versionen zu Ihnen kommen.
updates-never-checked = Der Server hat noch nicht nachgesehen, ob es eine neuere Version gibt. Er tut das jede Nacht von selbst.
updates-newest = Es gibt nichts Neueres, auf das sich der Server aktualisieren ließe. Der Server hat zuletzt am { $at } nachgesehen und tut es jede Nacht wieder.
updates-newer = Neuer: Version { $version }
updates-size = Zuerst sind etwa { $size } MB zu holen. Alles geht währenddessen weiter.
updates-is-here = Sie ist ganz geholt und geprüft.
updates-failed-before = Diese Version wurde hier schon versucht und zurückgenommen. Der Server versucht sie in einer anderen Nacht noch einmal, im Ganzen dreimal.
updates-failed-for-good = Diese Version wurde hier dreimal versucht und ging nicht. Der Server versucht sie nicht noch einmal und wartet auf die nächste.
updates-left-alone = Der Server aktualisiert sich nicht noch einmal auf Version { $version } und wartet auf die nächste.
updates-gone-back = Jemand aus der Verwaltung ließ den Server am { $at } zu Version { $version } zurückgehen. Alles ist so wie vor der Aktualisierung.
updates-means = Zum Aktualisieren startet der Server mit dieser Version neu und probiert jeden Dienst aus. Ein paar Minuten lang kann hier niemand Briefe lesen oder schicken. Briefe von anderswo warten bei den Servern, von denen sie kommen; die versuchen es von selbst noch einmal: Nichts geht verloren. Wenn etwas nicht geht, stellt der Server alles wieder so her, wie es vorher war.
updates-do = Jetzt aktualisieren
updates-tonight-at = Wenn Sie nichts tun, aktualisiert sich der Server von selbst heute Nacht, bald nach { $time } Uhr.
updates-tonight = Wenn Sie nichts tun, aktualisiert sich der Server nachts von selbst.
updates-look = Jetzt nach einer neueren Version sehen
updates-look-hint = Er sieht nur nach; nichts wird geändert.
updates-looked-lately = Der Server hat in den letzten Minuten mehrmals nachgesehen. Bitte warten Sie zehn Minuten, bevor Sie ihn wieder nachsehen lassen.
updates-history = Was bisher geschah
updates-history-none = Noch nichts: Das ist die erste Version auf diesem Server.
updates-event-updated = Von Version { $from } auf { $to } aktualisiert
updates-event-taken-back = Version { $to } wurde versucht und zurückgenommen; { $from } lief weiter
updates-event-went-back = Von Version { $from } zurück zu { $to }
updates-by-itself = von selbst
updates-back-title = Zurückgehen
updates-back-about = Einige Tage lang nach einer Aktualisierung können Sie zur Version davor zurück, jetzt zu { $version }. Dabei geht verloren, was seither kam; die nächste Seite sagt, was.
updates-back-look = Zurück zur Version davor …
updates-back-not = Nicht zurückgehen
updates-back-lead = Auf dem Server liefe wieder Version { $version }, und alles wäre wie am { $since }.
updates-back-lost = Alles seit { $since } ginge verloren:
updates-back-lost-letters = Briefe, die seither gekommen sind oder verschickt wurden. Wer Ihnen geschrieben hat, erfährt davon nichts, und diese Briefe kommen nicht noch einmal. Was andere anderswo von Ihnen haben, behalten sie, aber Ihre Kopien sind fort; was noch darauf wartet, verschickt zu werden, wird nie verschickt.
updates-back-lost-people = Was an Mitgliedern, Gruppen und Ämtern geändert wurde. Wer seither dazukam, ist fort; wer seither entfernt wurde, ist wieder Mitglied.
updates-back-lost-passwords = Passwörter, die seither gewählt wurden. Die davor gelten wieder.
updates-back-lost-settings = Einstellungen, Sortieren und Abwesenheiten, die seither geändert wurden, und was das Protokoll von alldem sagt.
updates-back-for-good = Das lässt sich nicht rückgängig machen.
updates-back-first = Wenn Sie warten können, fragen Sie zuerst die, die Ihren Server betreuen, und sichern Sie Briefe, die Sie brauchen, anderswo.
updates-back-sure = Ja, alles seit { $since } darf verloren gehen.
updates-back-sure-missing = Bitte kreuzen Sie das an, wenn Sie zurückgehen wollen, obwohl alles seither verloren geht.
updates-back-password-hint = Das, mit dem Sie sich anmelden. Es wird noch einmal verlangt, weil sich das nicht rückgängig machen lässt.
updates-back-do = Zurück zu Version { $version }
updates-back-away = Der Server ist dann ein paar Minuten fort. Melden Sie sich danach mit dem Passwort neu an, das Sie damals hatten.
updates-back-begun = Der Server geht zu Version { $version } zurück.
updates-back-gone = Wovon Sie gelesen haben, dahin geht es nicht mehr zurück. Nichts wurde geändert.
updates-back-none = Es gibt jetzt keine Version, zu der es zurückginge. Sie wird nach einer Aktualisierung einige Tage lang aufgehoben, bis die nächste geholt wird.

## Protokoll

log-title = Protokoll
log-lead = Wer was geändert hat, das Neueste zuerst.
log-none = Noch wurde nichts geändert.
log-by-provider = Ihr Anbieter
log-claimed = Der Server wurde übernommen
log-member-added = { $about } wurde hinzugefügt
log-member-invited = { $about } wurde eingeladen
log-member-changed = { $about } wurde geändert
log-member-suspended = { $about } wurde gesperrt
log-member-resumed = { $about } wurde wieder hereingelassen
log-member-removed = { $about } wurde entfernt
log-members-imported = Eine Liste wurde hinzugefügt: { $about } Menschen
log-group-added = Die Gruppe { $about } wurde hinzugefügt
log-group-changed = Die Gruppe { $about } wurde geändert
log-group-removed = Die Gruppe { $about } wurde entfernt
log-role-added = Das Amt { $about } wurde hinzugefügt
log-role-changed = Das Amt { $about } wurde geändert
log-role-removed = Das Amt { $about } wurde entfernt
log-settings-changed = Einstellungen wurden geändert: { $about }
log-mailbox-removed = Die Post von { $about } wurde gelöscht
log-mailbox-kept = Die Post von { $about } wurde für 30 Tage weggeräumt
log-service-restarted = Der Dienst { $about } wurde neu gestartet
log-queue-flushed = Wartende Post wurde noch einmal versucht
log-certificate-asked = Ein neues Zertifikat wurde verlangt
log-update-looked-for = Nach einer neueren Version wurde gesehen
log-update-begun = Die Aktualisierung auf Version { $about } wurde begonnen
log-update-begun-any = Eine Aktualisierung wurde begonnen
log-going-back = Die Rückkehr zu Version { $about } wurde begonnen
log-logo-changed = Das Logo wurde geändert
log-logo-removed = Das Logo wurde entfernt
log-other = { $what }: { $about }
