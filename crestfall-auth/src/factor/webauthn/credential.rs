//! What is kept of a passkey or security key.

use super::{base64url::Base64Url, relying_party::Authenticated};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A registered passkey or security key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credential {
    /// The authenticator's name for it, unique among all users.
    pub id: Base64Url,
    /// COSE_Key.
    pub public_key: Base64Url,
    /// Signatures made, as the authenticator counts them; 0 where it does not.
    pub counter: u32,
    /// The authenticator's model, zero when it does not tell.
    pub aaguid: Uuid,
    /// The format of its attestation, `none` mostly.
    pub attestation: String,
    /// How a browser reaches the authenticator: `usb`, `nfc`, `ble`, `internal`, `hybrid`, `smart-card`.
    #[serde(default)]
    pub transports: Vec<String>,
    /// It may be synchronised to the user's other devices.
    pub backup_eligible: bool,
    /// It is.
    pub backed_up: bool,
    /// The user gave PIN or fingerprint when it was registered.
    #[serde(default)]
    pub user_verified: bool,
    /// The user's name for it; at first the model's.
    pub name: String,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it was last used to log in.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Credential {
    /// Notes a verified authentication.
    pub(crate) fn used(&mut self, authenticated: &Authenticated, now: DateTime<Utc>) {
        self.counter = authenticated.counter;
        self.backed_up = authenticated.backed_up;
        self.last_used_at = Some(now);
    }
}

/// The name of an authenticator's model, `Passkey` when it is none of the usual ones.
pub(crate) fn model_name(aaguid: Uuid) -> &'static str {
    MODELS
        .iter()
        .find(|(model, _)| *model == aaguid.as_u128())
        .map_or("Passkey", |(_, name)| name)
}

const MODELS: [(u128, &str); 20] = [
    (
        0xea9b8d66_4d01_1d21_3ce4_b6b48cb575d4,
        "Google Password Manager",
    ),
    (0xfbfc3007_154e_4ecc_8c0b_6e020557d7bd, "Apple Passwords"),
    (
        0xdd4ec289_e01d_41c9_bb89_70fa845d4bf2,
        "iCloud Keychain (Managed)",
    ),
    (0xadce0002_35bc_c60a_648b_0b25f1f05503, "Chrome on Mac"),
    (0x08987058_cadc_4b81_b6e1_30de50dcbe96, "Windows Hello"),
    (0x9ddd1817_af5a_4672_a2b9_3e3dd95000a9, "Windows Hello"),
    (0x6028b017_b1d4_4c02_b4b3_afcdafc96bb2, "Windows Hello"),
    (0xbada5566_a7aa_401f_bd96_45619a55120d, "1Password"),
    (0xd548826e_79b4_db40_a3d8_11116f7e8349, "Bitwarden"),
    (0x531126d6_e717_415c_9320_3d9aa6981239, "Dashlane"),
    (0xb84e4048_15dc_4dd0_8640_f4f60813c8af, "NordPass"),
    (0x0ea242b4_43c4_4a1b_8b17_dd6d0b6baec6, "Keeper"),
    (0xf3809540_7f14_49c1_a8b3_8f813b225541, "Enpass"),
    (0x50726f74_6f6e_5061_7373_50726f746f6e, "Proton Pass"),
    (0x53414d53_554e_4700_0000_000000000000, "Samsung Pass"),
    (0xfdb141b2_5d84_443e_8a35_4698c205a502, "KeePassXC"),
    (0xfa2b99dc_9e39_4257_8f92_4a30d23c4118, "YubiKey 5 NFC"),
    (0xc5ef55ff_ad9a_4b9f_b580_adebafe026d0, "YubiKey 5Ci"),
    (
        0xb7d3f68e_88a6_471e_9ecf_2df26d041ede,
        "Yubico Security Key NFC",
    ),
    (0x664d9f67_84a2_412a_9ff7_b4f7d8ee6d05, "OpenSK"),
];
