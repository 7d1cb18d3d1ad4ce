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
error-busy-text = A part of the server does not answer just now. Nothing was changed. Please wait a minute and load this page again.
error-broken = Something went wrong
error-broken-text = This is not your fault. Nothing was changed. Please try again; if it happens again, tell whoever looks after the server.

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
menu-webmail = Email
menu-webmail-about = Read and write in the browser
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
menu-updates-about = Which version runs here
menu-log = Log
menu-log-about = Who changed what
