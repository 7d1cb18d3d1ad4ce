# Written by hand
require ["copy","date","fileinto","imap4flags","mailbox","relational","vacation"];
# rule:[Away]
if allof (currentdate :value "ge" "date" "2026-07-01", currentdate :value "le" "date" "2026-07-31")
{
	vacation :days 7 :addresses ["jill@ambridge.example","j.archer@ambridge.example"] :subject "I am \"away\"" text:
Back soon.

..Jill
.
;
}
# rule:[Seeds]
if header :contains "subject" "seed \"swap\" \\"
{
	fileinto :create "Seeds/Äpfel";
	stop;
}
# rule:[Raffle]]
if false # header :contains ["to","cc"] "raffle@"
{
	discard;
	stop;
}
# rule:[Phil]
if header :contains "subject" "plough"
{
	redirect :copy "phil@elsewhere.example";
}
