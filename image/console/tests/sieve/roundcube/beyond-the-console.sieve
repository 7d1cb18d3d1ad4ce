require ["body","copy","duplicate","enotify","fileinto","imap4flags","include","regex","reject","variables"];
set "who" "jill";
# rule:[Regex]
if header :regex "subject" "^\\[garden\\]"
{
	fileinto :copy "Garden";
}
# rule:[Not]
if not header :contains "from" "a@b.example"
{
	keep;
}
# rule:[Body]
if body :text :contains text:
two
lines
.

{
	reject text:
No.
..No.
.
;
}
# rule:[Address]
if address :domain :is ["from","sender"] ["a.example","b.example"]
{
	setflag ["\\Flagged","\\Seen"];
}
# rule:[Twice]
if false # duplicate :header "message-id" :seconds 3600
{
	discard;
	stop;
}
# rule:[Notify]
if header :contains "subject" "urgent"
{
	notify :importance "1" :message "look" "mailto:jill@elsewhere.example";
}
include :personal "more";
