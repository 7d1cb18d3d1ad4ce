# Sätze der eigenen Seiten der Mitglieder, für vergessene Passwörter und Einladungen, und der Briefe des Servers.

## Auf einen Blick

me-title = Meine Angaben
me-address = Ihre Adresse hier ist { $address }.
me-kept-here = Nachrichten bleiben hier
me-forwarded = Nachrichten gehen weiter an { $address }
me-away = Nachrichten werden beantwortet
me-away-between = Nachrichten werden vom { $from } bis zum { $to } beantwortet
me-away-from = Nachrichten werden ab { $from } beantwortet
me-away-to = Nachrichten werden bis { $to } beantwortet
me-not-away = Aus
me-filters = { $count ->
    [0] Noch keine Regeln
    [one] Eine Regel
   *[other] { $count } Regeln
}
me-recovery = Falls Sie es vergessen, geht ein Link an { $address }
me-no-recovery = Nennen Sie eine Adresse anderswo, falls Sie es vergessen

## Passwort

password-title = Passwort
password-about = Dieses Passwort gilt für alles hier: für diese Seite, für E-Mail im Browser und für Ihr Telefon. Tragen Sie ein neues deshalb auch in Ihrem Telefon und Ihren anderen Geräten ein.
password-current = Ihr jetziges Passwort
password-current-missing = Bitte geben Sie Ihr jetziges Passwort ein.
password-new = Neues Passwort
password-new-hint = Mindestens 10 Zeichen. Vier Wörter, die nichts miteinander zu tun haben, sind leicht zu merken und schwer zu erraten.
password-change = Neues Passwort setzen
password-changed = Ihr neues Passwort gilt. Überall sonst, wo Sie hier angemeldet waren, sind Sie jetzt abgemeldet.
password-same = Das ist Ihr jetziges. Bitte wählen Sie ein anderes.
password-wrong = Das ist nicht Ihr Passwort. Bitte versuchen Sie es noch einmal.
password-later = Es gab zu viele falsche Passwörter. Bitte versuchen Sie es in { $time } wieder.

## Wohin Nachrichten gehen

mail-title = Meine E-Mail
mail-addresses = Nachrichten an diese Adressen kommen zu Ihnen:
mail-where-title = Wohin Ihre Nachrichten gehen
mail-where = Was soll mit Ihren Nachrichten geschehen?
mail-where-missing = Bitte wählen Sie eines von beiden.
mail-here = Hier aufbewahren
mail-elsewhere = Weiterleiten
mail-forward = Weiterleiten an
mail-forward-hint = Ihre Adresse bei einem anderen Anbieter, etwa jill@elsewhere.example
mail-forward-means = «Weiterleiten» heißt: Neue Nachrichten an Ihre Adresse hier gehen an die andere Adresse und bleiben nicht hier. Was schon hier liegt, bleibt hier. Hält der andere Anbieter eine Nachricht für unerwünscht, weist er sie vielleicht ab oder legt sie an einen Ort, an dem Sie nicht nachsehen.
mail-forward-missing = Bitte nennen Sie die Adresse, an die Ihre Nachrichten gehen sollen.
mail-forward-wrong = Das ist keine E-Mail-Adresse. Bitte schreiben Sie eine wie jill@elsewhere.example.
mail-not-elsewhere = Diese Adresse liegt auf eben diesem Server. Bitte nennen Sie eine bei einem anderen Anbieter.
mail-save = Speichern
mail-here-saved = Ab jetzt bleiben Ihre Nachrichten hier.
mail-elsewhere-saved = Ab jetzt gehen Ihre Nachrichten weiter an { $address }.
mail-recovery-title = Falls Sie Ihr Passwort vergessen
mail-recovery-about = Dann schicken wir einen Link an diese Adresse anderswo, und Sie wählen damit ein neues Passwort. Niemand muss Ihnen helfen.
mail-recovery = Ihre Adresse anderswo
mail-recovery-hint = Bei einem anderen Anbieter, etwa jill@elsewhere.example. Nur wer sich um den Server kümmert, kann sie sehen.
mail-recovery-wrong = Das ist keine E-Mail-Adresse. Bitte schreiben Sie eine wie jill@elsewhere.example.
mail-recovery-save = Adresse anderswo speichern
mail-recovery-saved = Ihre Adresse anderswo ist gespeichert.
mail-no-recovery = keine Adresse
mail-password = Ihr Passwort
mail-password-hint = Damit niemand sonst das ändert, während Sie nicht am Bildschirm sind
mail-stale = Jemand anderes hat das inzwischen geändert. Jetzt gilt: { $now }. Wollen Sie Ihres trotzdem, speichern Sie noch einmal.

## Abwesenheit

vacation-title = Abwesenheit
vacation-about = Wer Ihnen schreibt, bekommt diese Antwort, einmal in sieben Tagen. Rundschreiben und Werbung werden nicht beantwortet.
vacation-rule = Abwesenheit
vacation-on = Meine Nachrichten beantworten
vacation-from = Erster Tag
vacation-from-hint = Leer lassen, um sofort zu beginnen
vacation-to = Letzter Tag
vacation-to-hint = Leer lassen, bis Sie es wieder ausschalten
vacation-no-day = Das ist kein Tag. Bitte schreiben Sie ihn wie 2026-07-31.
vacation-to-before-from = Der letzte Tag liegt vor dem ersten. Bitte ändern Sie einen der beiden.
vacation-to-over = Dieser Tag ist vorbei. Bitte wählen Sie einen anderen, oder lassen Sie das Feld leer.
vacation-subject = Betreff der Antwort
vacation-subject-hint = Leer lassen, um den Betreff der Nachricht zu nehmen
vacation-subject-long = Das ist zu lang. Bitte kürzen Sie es auf 200 Zeichen.
vacation-reason = Die Antwort
vacation-reason-hint = Etwa: Ich bin bis Ende Juli nicht da. In dringenden Fällen schreiben Sie bitte der Schriftführerin.
vacation-reason-missing = Bitte schreiben Sie, was in der Antwort stehen soll.
vacation-reason-long = Das ist zu lang. Bitte kürzen Sie es auf 5000 Zeichen.
vacation-save = Speichern
vacation-saved-on = Gespeichert. Ihre Nachrichten werden beantwortet.
vacation-saved-off = Gespeichert. Ihre Nachrichten werden nicht beantwortet.
vacation-not-taken = Der Mailserver hat diese Antwort nicht angenommen. Bitte machen Sie sie einfacher, und versuchen Sie es noch einmal.
vacation-more = In Ihrer E-Mail im Browser haben Sie für diese Antwort mehr eingestellt, als diese Seite zeigt. Das bleibt, wie es ist.
vacation-closed = Ein anderes Programm hat Ihre Abwesenheit eingerichtet, und diese Seite kann sie nicht zeigen. Bitte ändern Sie sie dort oder in Ihrer E-Mail im Browser.

## Was Abwesenheit und Sortieren gemeinsam haben

script-changed = Ihre Regeln wurden inzwischen geändert, in Ihrer E-Mail im Browser oder in einem anderen Fenster. Jetzt sehen Sie den neuesten Stand. Bitte prüfen Sie ihn und speichern Sie noch einmal.
script-other = Zurzeit sortieren die Regeln «{ $name }» eines anderen Programms Ihre Nachrichten.
script-replace = Stattdessen die Regeln dieser Seite verwenden
script-replace-missing = Bitte haken Sie das an, wenn die Regeln dieser Seite statt derer des anderen Programms gelten sollen.
script-forwarded = Ihre Nachrichten gehen weiter an { $address } und bleiben nicht hier. Deshalb bewirkt diese Seite nichts. Richten Sie Ihre Antwort beim anderen Anbieter ein.
script-webmail = Zu Ihrer E-Mail im Browser

## Sortieren

filters-title = Sortieren
filters-about = Kommt eine Nachricht, werden diese Regeln von der ersten bis zur letzten befolgt.
filters-none = Es gibt noch keine Regeln.
filters-new = Eine neue Regel
filters-edit-title = Eine Regel ändern
filters-part = Wenn dies
filters-part-missing = Bitte wählen Sie, wo gesucht werden soll.
filters-sender = der Absender
filters-subject = der Betreff
filters-recipient = der Empfänger
filters-text = enthält
filters-text-hint = Ein Wort, ein Name oder ein Teil einer Adresse. Groß oder klein ist gleich.
filters-text-missing = Bitte schreiben Sie, wonach gesucht werden soll.
filters-text-long = Das ist zu lang. Bitte kürzen Sie es auf 200 Zeichen.
filters-action = dann
filters-action-missing = Bitte wählen Sie, was geschehen soll.
filters-move = die Nachricht in einen Ordner legen
filters-read = die Nachricht als gelesen markieren
filters-bin = die Nachricht in den Papierkorb legen
filters-discard = die Nachricht sofort endgültig löschen
filters-copy = eine Kopie an eine andere Adresse schicken
filters-folder = Ordner
filters-folder-hint = Nur für einen Ordner. Er wird angelegt, wenn es ihn noch nicht gibt. Garten/Samen ist der Ordner Samen im Ordner Garten.
filters-folder-missing = Bitte schreiben Sie den Namen des Ordners.
filters-folder-wrong = So kann ein Ordner nicht heißen. Bitte nehmen Sie Buchstaben, Ziffern und Leerzeichen.
filters-address = Andere Adresse
filters-address-hint = Nur für eine Kopie, etwa jack@elsewhere.example
filters-address-wrong = Das ist keine E-Mail-Adresse. Bitte schreiben Sie eine wie jack@elsewhere.example.
filters-add = Regel hinzufügen
filters-save = Regel speichern
filters-back = Zurück, ohne zu speichern
filters-added = Die Regel ist hinzugefügt.
filters-changed = Die Regel ist geändert.
filters-on = Die Regel ist eingeschaltet.
filters-off = Die Regel ist ausgeschaltet.
filters-removed = Die Regel ist entfernt.
filters-too-many = Es gibt schon sehr viele Regeln. Bitte entfernen Sie erst einige.
filters-not-taken = Der Mailserver hat diese Regel nicht angenommen. Bitte machen Sie sie einfacher, und versuchen Sie es noch einmal.
filters-closed = Ein anderes Programm hat Regeln geschrieben, die diese Seite nicht lesen kann. Bitte ändern Sie sie dort oder in Ihrer E-Mail im Browser.
filters-is-off = aus
filters-edit = Ändern
filters-edit-this = Ändern: { $rule }
filters-switch-off = Ausschalten
filters-switch-off-this = Ausschalten: { $rule }
filters-switch-on = Einschalten
filters-switch-on-this = Einschalten: { $rule }
filters-remove = Entfernen
filters-remove-this = Entfernen: { $rule }
filters-other = «{ $name }»: mit einem anderen Programm gemacht; bitte ändern Sie sie dort oder in Ihrer E-Mail im Browser.
filters-other-nameless = Eine Regel, die mit einem anderen Programm gemacht wurde; bitte ändern Sie sie dort oder in Ihrer E-Mail im Browser.
filters-sentence = Wenn { $conditions }: { $actions }
filters-if-sender = der Absender «{ $text }» enthält
filters-if-subject = der Betreff «{ $text }» enthält
filters-if-recipient = der Empfänger «{ $text }» enthält
filters-and = und
filters-or = oder
filters-then-move = in den Ordner «{ $folder }»
filters-then-read = als gelesen markieren
filters-then-bin = in den Papierkorb
filters-then-discard = sofort löschen
filters-then-copy = eine Kopie an { $address }

## Telefon

phone-title = Mein Telefon einrichten
phone-about = Wählen Sie, was zu Ihrem Gerät passt. Sie brauchen Ihren Namen und Ihr Passwort, mit denen Sie sich hier angemeldet haben.
phone-forwarded = Ihre Nachrichten gehen weiter an { $address }. Ihr Postfach hier bleibt also leer; Sie lesen Ihre Nachrichten dort. Wollen Sie sie von hier auf dem Telefon haben, wählen Sie erst unter «Meine E-Mail» «Hier aufbewahren».
phone-apple-title = iPhone, iPad und Mac
phone-apple-about = Öffnen Sie diese Seite auf dem Gerät selbst, und tippen Sie hier:
phone-apple-do = Einstellungen holen
phone-apple-1 = Erlauben Sie das Laden, wenn Sie gefragt werden.
phone-apple-2 = Öffnen Sie «Einstellungen». Oben steht «Profil geladen»: Tippen Sie darauf, dann auf «Installieren». Da steht «Nicht signiert»; das ist richtig so.
phone-apple-3 = Geben Sie Ihr Passwort ein, wenn Sie danach gefragt werden.
phone-profile-about = Richtet Ihre E-Mail bei { $organisation } ein. Ein Passwort steht nicht darin; Ihr Gerät fragt danach.
phone-others-title = Thunderbird, Outlook und viele andere
phone-others-about = Wählen Sie «Konto hinzufügen», und geben Sie Ihren vollen Namen, Ihre Adresse und Ihr Passwort ein. Den Rest findet das Programm selbst. Wenn nicht, nehmen Sie die Tabelle.
phone-table-title = Alle anderen
phone-table-about = Wählen Sie «IMAP» oder «Anderes Konto», und übernehmen Sie dies:
phone-in = Eingang
phone-out = Ausgang
phone-kind = Art
phone-server = Server
phone-port = Port
phone-safety = Sicherheit
phone-user = Benutzername
phone-password = Passwort
phone-password-which = das, mit dem Sie sich hier angemeldet haben
phone-full-name = Ihr Name, wie andere ihn sehen
phone-address = Ihre Adresse

## Vergessenes Passwort

forgot-title = Passwort vergessen?
forgot-about = Wir schicken einen Link an die Adresse anderswo, die Sie genannt haben, und Sie wählen damit ein neues Passwort.
forgot-who = Ihr Name hier oder Ihre Adresse
forgot-who-hint = Etwa jill.archer oder jill@elsewhere.example
forgot-who-missing = Bitte schreiben Sie Ihren Namen hier oder eine Ihrer Adressen.
forgot-do = Link schicken
forgot-back = Zurück zur Anmeldung
forgot-sent = Wenn Sie Mitglied sind und eine Adresse anderswo genannt haben, ist ein Brief mit einem Link dorthin unterwegs.
forgot-sent-more = Der Link gilt eine Stunde. Kommt in zehn Minuten kein Brief, sehen Sie im Ordner für unerwünschte Nachrichten nach. Ist er auch dort nicht, fragen Sie, wer sich um den Server kümmert: Dort kann man Ihnen einen neuen Link schicken.
forgot-no-letters = Dieser Server verschickt gerade keine Briefe, weil E-Mail ausgeschaltet ist. Bitte fragen Sie, wer sich um den Server kümmert.
reset-title = Ein neues Passwort wählen
reset-about = Das wird das neue Passwort von { $name }.
reset-over = Dieser Link wurde schon benutzt, oder er ist älter als eine Stunde.
reset-done = Ihr neues Passwort gilt. Bitte melden Sie sich damit an.
link-over-title = Dieser Link gilt nicht mehr
link-over-again = Einen neuen Link anfordern
link-once-more = Das ging eben nicht. Bitte warten Sie eine Minute und wählen Sie hier noch einmal ein Passwort: das ist ein neuer Link.

## Einladung

invite-title = Willkommen
invite-about = Guten Tag { $full_name }, { $organisation } hat eine Adresse für Sie eingerichtet. Bitte wählen Sie ein Passwort.
invite-name = Ihr Name zum Anmelden
invite-address = Ihre neue Adresse
invite-password = Wählen Sie ein Passwort
invite-recovery-hint = Bei einem anderen Anbieter, etwa jill@elsewhere.example. Falls Sie Ihr Passwort vergessen, schicken wir einen Link dorthin.
invite-do = Anfangen
invite-done = Willkommen! Sie sind angemeldet. Als Nächstes können Sie Ihr Telefon einrichten.
invite-over = Diese Einladung wurde schon benutzt, oder sie ist älter als eine Woche. Bitten Sie, wer sich um den Server kümmert, um eine neue.

## Briefe

letter-reset-subject = Ein neues Passwort für { $organisation }
letter-reset =
    Guten Tag { $full_name },

    jemand, vermutlich Sie, hat bei { $organisation } um ein neues Passwort
    gebeten. Ihr Name dort ist { $name }.

    Um ein neues Passwort zu wählen, öffnen Sie innerhalb einer Stunde diesen
    Link:

    { $link }

    Haben Sie nicht darum gebeten, müssen Sie nichts tun: Ihr Passwort bleibt,
    wie es ist.

    { $organisation }
letter-news-subject = Bei { $organisation } wurde etwas geändert
letter-news =
    Guten Tag { $name },

    { $what }

    Waren Sie es, ist alles gut. Wenn nicht, wählen Sie sofort ein neues
    Passwort («Passwort vergessen?» auf der Seite zum Anmelden), und sagen Sie
    es dem, der sich um den Server kümmert.

    { $organisation }
letter-news-password = Ihr Passwort wurde geändert.
letter-news-recovery = Ihre Adresse anderswo wurde geändert, an die ein Link für ein neues Passwort geht.
letter-news-forward = Es wurde geändert, wohin Ihre Nachrichten gehen: hier bleiben oder weitergeleitet werden.

## Im Protokoll

log-password-changed = hat das eigene Passwort geändert
log-password-reset = hat über einen Link ein neues Passwort gewählt
log-invitation-taken = hat die Einladung angenommen
log-recovery-changed = hat die eigene Adresse anderswo geändert
log-forward-changed = hat geändert, wohin die eigenen Nachrichten gehen
