//! Bytes as spreadsheets save them → text, and what stands between its columns.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::FileFault;

/// The text: UTF-8 or UTF-16 by their marks or their looks, else Windows-1252, which old spreadsheets write.
pub(super) fn text(bytes: &[u8]) -> Result<String, FileFault> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") || bytes.starts_with(b"%PDF") {
        return Err(FileFault::NoText);
    }
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (guess(bytes), 0));
    let (text, _) = encoding.decode_without_bom_handling(&bytes[mark..]);
    // Old Macs end lines with a carriage return alone; with one ending only, lines are counted right.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.trim().is_empty() { Err(FileFault::Empty) } else { Ok(text) }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).take(200).filter(|byte| **byte == 0).count();
    let half = bytes.len().div_ceil(2).min(200) / 2;
    if bytes.len() >= 4 && zeros(1) > half {
        UTF_16LE
    } else if bytes.len() >= 4 && zeros(0) > half {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

/// The text without a spreadsheet's line `sep=;`, the separator, and how many lines were taken off.
pub(super) fn separator(text: &str) -> (&str, u8, u64) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(said) = first.trim_end().strip_prefix("sep=")
        && let [separator @ (b',' | b';' | b'\t')] = said.as_bytes()
    {
        return (rest, *separator, 1);
    }
    let names = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: u8| outside_quotes(names).filter(|byte| *byte == separator).count();
    let most = [b',', b';', b'\t'].into_iter().max_by_key(|separator| (count(*separator), *separator == b','));
    (text, most.unwrap_or(b','), 0)
}

fn outside_quotes(line: &str) -> impl Iterator<Item = u8> {
    let mut quoted = false;
    line.bytes().filter(move |byte| {
        quoted ^= *byte == b'"';
        !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_encoding_that_spreadsheets_save() {
        let utf16 = |text: &str, little: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
        };
        let text_in = "name;ort\nZoë;Köln\n";
        for bytes in [
            text_in.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text_in.as_bytes()].concat(),
            [&b"\xff\xfe"[..], &utf16(text_in, true)].concat(),
            [&b"\xfe\xff"[..], &utf16(text_in, false)].concat(),
            utf16(text_in, true),
            utf16(text_in, false),
            b"name;ort\nZo\xeb;K\xf6ln\n".to_vec(),
        ] {
            assert_eq!(text(&bytes).unwrap(), text_in, "{bytes:?}");
        }
        assert_eq!(text(b"a,b\rc,d\r").unwrap(), "a,b\nc,d\n");
        assert_eq!(text(b"PK\x03\x04rest"), Err(FileFault::NoText));
        assert_eq!(text(b"\xef\xbb\xbf \n"), Err(FileFault::Empty));
    }

    #[test]
    fn finds_what_stands_between_columns() {
        assert_eq!(separator("a;b,c;d\n").1, b';');
        assert_eq!(separator("a\tb\n").1, b'\t');
        assert_eq!(separator("\"a;b;c\",d\n").1, b',');
        assert_eq!(separator("a\n").1, b',');
        assert_eq!(separator("sep=;\na;b\n"), ("a;b\n", b';', 1));
    }
}
