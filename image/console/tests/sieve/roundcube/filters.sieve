require ["copy","fileinto","imap4flags"];
# rule:[Seeds]
if header :contains "subject" "seeds"
{
	fileinto "Seed swap";
	stop;
}
# rule:[Show "2026"]
if allof (header :contains "from" "show@", header :contains "subject" "say \\\"hi\\\"")
{
	addflag "\\Seen";
	redirect :copy "phil@elsewhere.example";
}
# rule:[Off]
if false # anyof (header :contains "to" "raffle", header :contains "cc" "raffle")
{
	discard;
}
