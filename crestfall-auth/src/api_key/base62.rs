//! Numbers of fixed size in digits `0-9A-Za-z`, and the checksum of keys.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Appends a big-endian number in exactly `count` digits, which must be enough for it.
pub(super) fn push(number: &[u8], count: usize, to: &mut String) {
    let mut rest = zeroize::Zeroizing::new(number.to_vec());
    let mut digits = zeroize::Zeroizing::new(vec![b'0'; count]);
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in rest.iter_mut() {
            let value = remainder * 256 + u32::from(*byte);
            *byte = (value / 62) as u8; // under 256, as the remainder is under 62
            remainder = value % 62;
        }
        *digit = DIGITS[remainder as usize];
    }
    to.extend(digits.iter().map(|digit| char::from(*digit)));
}

/// The number of these digits in exactly `N` bytes; none if it is larger, or one is no digit.
pub(super) fn read<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut number = [0_u8; N];
    for digit in digits.bytes() {
        let mut carry = u32::from(value(digit)?);
        for byte in number.iter_mut().rev() {
            let sum = u32::from(*byte) * 62 + carry;
            *byte = (sum % 256) as u8;
            carry = sum / 256;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(number)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'Z' => Some(digit - b'A' + 10),
        b'a'..=b'z' => Some(digit - b'a' + 36),
        _ => None,
    }
}

/// CRC-32 as in zip and Ethernet (ISO-HDLC).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let low = crc & 1;
            crc = (crc >> 1) ^ (0xEDB8_8320 * low);
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_checksum_is_that_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn the_largest_numbers_fit() {
        for (size, count) in [(4, 6), (16, 22), (32, 43)] {
            let mut text = String::new();
            push(&vec![0xff; size], count, &mut text);
            assert_eq!(text.len(), count);
        }
        assert_eq!(read::<4>("4gfFC3"), Some([0xff; 4]));
        assert_eq!(read::<4>("4gfFC4"), None, "one more");
        assert_eq!(read::<4>("zzzzzz"), None);
        assert_eq!(read::<4>("00000-"), None);
    }

    proptest! {
        #[test]
        fn digits_read_as_they_were_written(number: [u8; 32]) {
            let mut text = String::new();
            push(&number, 43, &mut text);
            prop_assert_eq!(read::<32>(&text), Some(number));
        }
    }
}
