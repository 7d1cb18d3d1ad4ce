# Sentences that all pages share, the claim, progress, and what to do at the registrar.

product = Small Organisation Server

## Around every page

layout-skip = Skip to the content
layout-menu = Menu
layout-languages = Languages
layout-signed-in = You are signed in as { $name }.
layout-sign-out = Sign out
session-ended = You were signed out, because nothing happened here for a while. Please sign in again.

duration-seconds = { $count ->
    [one] 1 second
   *[other] { $count } seconds
}
duration-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
}
duration-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
}

## Forms

form-wrong = Something still needs your attention
form-odd-characters = There is a character in here that cannot be used, perhaps from copying. Please type it in by hand.
form-show-password = Show the password

## Errors

error-home = Go to the first page
error-forbidden = This could not be done
error-forbidden-text = Either this page is only for those who look after the server, or it was open for so long that it is not valid any more. Nothing was changed. Go to the first page, sign in, and try again.
error-missing = There is nothing here
error-missing-text = This page does not exist. Perhaps a link is old, or there is a typing error in the address.
error-large = That is too much
error-large-text = What you sent is larger than this server takes. Nothing was changed. Please send something smaller.
error-busy = One moment, please
error-busy-text = A part of the server does not answer just now. Please wait a minute and load this page again. If you had just changed something, please look whether it was done.
error-broken = Something went wrong
error-broken-text = This is not your fault. If you had just changed something, please look whether it was done, and try again. If it happens again, tell whoever looks after the server.

## Signing in

sign-in-title = Sign in
sign-in-name = Your name here
sign-in-name-hint = The first part of your address, such as jill.archer
sign-in-password = Password
sign-in-do = Sign in
sign-in-forgot = Forgot your password?
sign-in-wrong = Name and password do not fit together. Please check both and try again.
sign-in-locked = There were too many wrong passwords from where you are. Please try again in { $time }, or have a new password sent to you.
sign-in-too-fast = That was too fast. Please wait { $time } and try again.

## The first page

home-title = Home
home-administration = Looking after the server
menu-webmail = Email in the browser
menu-webmail-about = Read and write your letters
menu-mail = My email
menu-mail-about = Keep it here or have it sent on
menu-phone = Set up my phone
menu-phone-about = Email on a phone, tablet or computer
menu-vacation = Away message
menu-vacation-about = An answer while you are away
menu-filters = Sorting
menu-filters-about = Put letters into folders by themselves
menu-password = Password
menu-password-about = Choose a new one
menu-members = Members
menu-members-about = Add, change and remove people
menu-groups = Groups
menu-groups-about = One address for several people
menu-roles = Offices
menu-roles-about = Addresses such as treasurer
menu-dns = Your domain
menu-dns-about = What to enter at your registrar
menu-health = Health
menu-health-about = Is everything working?
menu-services = Services
menu-services-about = Switch them on and off
menu-organisation = Organisation
menu-organisation-about = Name, logo, language, time zone
menu-updates = Updates
menu-updates-about = Newer versions, and going back
menu-log = Log
menu-log-about = Who changed what

## Passwords

password-missing = Please choose a password.
password-short = Please choose a longer password: at least 10 characters. Three or four words in a row are easy to remember and hard to guess.
password-long = This password is longer than 256 characters. Please choose a shorter one.
password-odd = A password has to fit on one line. Please leave out line breaks.
password-name = This password is made of your name, or the organisation's. Strangers try those first. Please choose another.
password-common = Very many people use this password or one like it, and strangers try those first. Please choose another, for example three or four words in a row.
letters-many = You have changed things very often in the last hour, and each time a letter told you. Nothing was changed now. Please try again in an hour.

## The claim

claim-code-title = A server waits for its owner
claim-code-lead = This server is ready and does not belong to anybody yet. If it is yours, enter its claim code.
claim-code = Claim code
claim-code-hint = Twelve letters and digits, such as ABCD-EFGH-JKMN. Capitals and hyphens do not matter.
claim-code-do = Go on
claim-code-where = Where do I find the code?
claim-code-where-text = Sign in to the web site of the provider you rent the server from, and open the server's screen there. The button for it is often called Console, Screen or VNC. The code stands on that screen.
claim-code-not-mine = If this server is not yours, there is nothing for you to do here.
claim-code-missing = Please enter the claim code.
claim-code-wrong = { $count ->
    [0] This is not the code. There are no tries left for now; please wait a while.
    [one] This is not the code. One try is left, then you have to wait a while.
   *[other] This is not the code. Please compare it letter by letter with the server's screen. { $count } tries are left.
}
claim-code-locked = There were too many wrong codes. For your safety no more are taken for { $time }. Please try again then.

claim-title = Make this server yours
claim-lead = Five things, and the server sets itself up. Most of it can be changed later.
claim-organisation = Your organisation's name
claim-organisation-hint = As its members write it, such as Ambridge Garden Club
claim-organisation-missing = Please enter your organisation's name.
claim-domain = Your organisation's domain
claim-domain-hint = What will stand after the @ of your addresses, such as ambridge.example. You rent it from a registrar.
claim-domain-missing = Please enter the domain, such as ambridge.example.
claim-domain-bad = This is no domain. Write one such as ambridge.example: letters, digits and hyphens, with a dot between, and no spaces.
claim-full-name = Your name
claim-full-name-hint = First name and surname. You will be the first to look after this server.
claim-full-name-missing = Please enter your name.
claim-password = A password for you
claim-password-hint = At least 10 characters. Three or four words in a row are easy to remember and hard to guess. It opens your email and these pages.
claim-password-kept = The password you typed is kept. Type here only if you want another.
claim-recovery = An email address of yours elsewhere
claim-recovery-hint = If you ever forget the password, a link to choose a new one goes there.
claim-recovery-missing = Please enter an email address that you have elsewhere.
claim-recovery-bad = This is no email address. Write one such as name@elsewhere.example.
claim-recovery-own = This address will be on this very server. Please enter one elsewhere: you need it when you cannot get in here.
claim-too-long = This is too long or has a line break in it. Please write at most 100 characters on one line.
claim-more = Time zone, language, services and more
claim-more-hint = All of this is filled in already. Change it only if you want to.
claim-name = The name you sign in with
claim-name-hint = It is the first part of your address too. Left empty, it is made from your name, such as jill.archer.
claim-name-missing = We could not make a name to sign in with from yours. Please write one in small letters, such as jill.archer.
claim-name-bad = This cannot be a name to sign in with. Use small letters a-z, digits, dots and hyphens, begin with a letter, and write at most 32 characters.
claim-name-kept = The server keeps this name for itself. Please choose another.
claim-host = The server's own name
claim-host-hint = Where you will find these pages. Left empty, it is mail. and your domain.
claim-host-bad = This is no name for a server. Write one such as mail.ambridge.example.
claim-timezone = Time zone
claim-timezone-hint = Choose the town nearest to you.
claim-timezone-utc = Universal time (UTC)
claim-timezone-bad = Please choose a time zone from the list.
claim-language = Language
claim-language-hint = Of letters from the server, and of pages for browsers that prefer none of these.
claim-language-bad = Please choose a language from the list.
claim-services = Services
claim-services-hint = What is not ticked can be switched on later.
claim-services-bad = One of these cannot be switched on here. Please look at the ticks again.
claim-other-fault = The server found something that it cannot use: { $what }.
claim-do = Set the server up
claim-do-hint = This takes a minute or two. From then on the claim code is good for nothing.
claim-done = This server is yours. You are signed in; from now on your name here is { $name }.

## Progress

progress-title = The server sets itself up
progress-lead = You need not do anything now. This takes a minute or two.
progress-waiting = waits for its turn
progress-starting = is starting
progress-well = works
progress-failed = did not start; the server tries again by itself
progress-all-well = Everything works.
progress-next = Go on: what to do at your registrar
progress-reload = This page loads itself again every few seconds.

elsewhere-title = Another address for these pages
elsewhere-text = Once your domain leads here, you find these pages at { $host } too.
elsewhere-stays = The address you are at now goes on working:

## Your domain

dns-title = What to do at your registrar
dns-lead = Your registrar is where you rent { $domain }. For email to find this server, enter the following there. You do it once.
dns-check = Check now
dns-check-hint = What you enter is often seen within minutes; sometimes it takes some hours. You can close this page meanwhile.
dns-all-seen = Everything is seen. There is nothing left to do here.
dns-some-seen = { $count ->
    [one] Of { $all } entries one is seen so far.
   *[other] Of { $all } entries { $count } are seen so far.
}
dns-some-unknown = Some could not be found out just now. That lies with the server and says nothing about what you entered; check again in a while.
dns-no-address = This server does not know under which number the world sees it: it has private numbers only. Please ask the provider of the server for its public number, and enter that at the registrar too, as type A with the name { $host }.
dns-unasked = Not checked yet
dns-seen = Seen
dns-not-yet = Not seen yet. If you entered it a moment ago, just wait.
dns-other = Something else is entered here. Change it to the value below; if you changed it a moment ago, just wait.
dns-besides = Seen, but there is something besides that gets in its way. Remove the other entry if you do not need it.
dns-unknown = Could not be found out just now. That lies with the server, not with you.
dns-found = Found instead or besides:
dns-show = Show the entry
dns-name = Name
dns-priority = Priority
dns-value = Value
dns-copy = Copy
dns-copied = Copied
dns-for-mx = Says that email for your domain comes to this server.
dns-for-address = Says where on the Internet this server is.
dns-for-cname = Another name for the same server.
dns-for-srv = Lets programs set themselves up.
dns-for-ptr = Says the server's name to others who see its number. You enter it at the provider of the server, not at the registrar. There it is often called reverse DNS or PTR.
dns-provider = At the provider of the server
dns-number = Number
dns-for-spf = Says that only this server sends email for your domain.
dns-for-dkim = Lets others check the signature on your letters.
dns-for-dmarc = Says what others should do with forged letters in your name.
dns-how = How do I do that?
dns-how-where = Sign in to your registrar's web site, choose your domain, and look for DNS, records or zone. Add one entry for each box above: choose its type, and copy name and value.
dns-how-name = An @ as the name stands for the domain itself. Some registrars want that field left empty instead, and some want the whole name.
dns-how-old = If there are entries of type MX for the domain already, remove them: they lead email elsewhere.
dns-how-long = Other entries, such as those of your web site, can stay as they are.

## Services, by the name of their folder

service-base = Foundations
service-console = These pages
service-directory = Members' directory
service-mail = Email
service-web = Web server
service-webmail = Email in the browser
