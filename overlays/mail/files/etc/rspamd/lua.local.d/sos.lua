-- Two rules that rspamd lacks.

-- A member writes under an address of their own not only in the envelope, which Postfix checks, but also in the From
-- that people see.
rspamd_config:register_symbol({
  name = 'SOS_FROM_NOT_OWN',
  type = 'prefilter',
  priority = 10,
  callback = function(task)
    local user = task:get_user()
    if not user then return end
    local from = task:get_from('mime') or {}
    local envelope = (task:get_from('smtp') or {})[1]
    local shown = #from == 1 and (from[1].addr or ''):lower() or nil
    local own
    if envelope and envelope.addr and envelope.addr ~= '' then
      own = shown == envelope.addr:lower()
    else
      -- receipts have no sender
      own = #from == 1 and (from[1].user or ''):lower() == user:lower()
    end
    if not own then
      task:insert_result('SOS_FROM_NOT_OWN', 0.0)
      task:set_pre_result('reject', 'The From of this message is not the address it is sent with')
    end
  end,
})

-- Bounces come without a sender and often without a signature, so they fail DMARC. To an address that we made for a
-- forwarded letter, with a check of postsrsd in it, they are let through.
rspamd_config:register_symbol({
  name = 'SOS_BOUNCE_TO_US',
  type = 'prefilter',
  priority = 10,
  callback = function(task)
    local envelope = (task:get_from('smtp') or {})[1]
    if envelope and envelope.addr and envelope.addr ~= '' then return end
    local recipients = task:get_recipients('smtp') or {}
    if #recipients == 0 then return end
    for _, recipient in ipairs(recipients) do
      if not (recipient.user or ''):upper():match('^SRS[01][=+-]') then return end
    end
    task:disable_symbol('DMARC_CHECK')
    task:insert_result('SOS_BOUNCE_TO_US', 0.0)
  end,
})
