//! Argon2 (RFC 9106) and its PHC string form.

use super::stored_hash::{HashError, decode};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Most memory of one hash: 256 MiB, in KiB.
const MAX_MEMORY: u32 = 256 * 1024;
/// Most memory times passes, in KiB: about a second of one core.
const MAX_WORK: u64 = 1024 * 1024;
const MAX_LANES: u32 = 16;
const MAX_SALT: usize = 64;
const MAX_OUTPUT: usize = 128;
const SALT: usize = 16;
const OUTPUT: usize = 32;

/// The memory of a worker, reused from hash to hash: taking 19 MiB afresh would cost as much as a pass over it.
///
/// It is not wiped in between; the next hash overwrites it, and nothing in it is a password.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0 = vec![Block::default(); count];
        }
        &mut self.0[..count]
    }

    /// Gives back what an imported hash needed beyond `count` blocks.
    pub(super) fn shrink_to(&mut self, count: usize) {
        if self.0.len() > count {
            self.0.truncate(count);
            self.0.shrink_to_fit();
        }
    }
}

/// A parsed `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
pub(super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Argon2Hash {
    /// A new hash of `password`.
    pub(super) fn new(
        password: &[u8],
        params: &Params,
        memory: &mut Memory,
    ) -> Result<Self, HashError> {
        let mut hash = Self::dummy(params)?;
        let output = hash
            .derive(password, memory)
            .ok_or(HashError::Malformed("parameters"))?;
        hash.output = output.to_vec();
        Ok(hash)
    }

    /// A hash that no password has, which costs to check what a real one costs.
    pub(super) fn dummy(params: &Params) -> Result<Self, HashError> {
        let mut salt = vec![0; SALT];
        let mut output = vec![0; OUTPUT];
        rand::fill(&mut salt).map_err(|_| HashError::NoRandomness)?;
        rand::fill(&mut output).map_err(|_| HashError::NoRandomness)?;
        Ok(Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: params.clone(),
            salt,
            output,
        })
    }

    /// Reads the PHC form; refuses what GoTrue refuses (`keyid`, `data`) and what would cost too much to check.
    pub(super) fn parse(text: &str) -> Result<Self, HashError> {
        let fields: Vec<&str> = text.split('$').collect();
        let ["", algorithm, version, costs, salt, output] = fields[..] else {
            return Err(HashError::Malformed("argon2 fields"));
        };
        let algorithm = algorithm
            .parse()
            .map_err(|_| HashError::Malformed("argon2 algorithm"))?;
        let version = match version {
            "v=16" => Version::V0x10,
            "v=19" => Version::V0x13,
            _ => return Err(HashError::Malformed("argon2 version")),
        };
        let (salt, output) = (decode(salt, MAX_SALT)?, decode(output, MAX_OUTPUT)?);
        let params = params(costs, output.len())?;
        if salt.len() < argon2::MIN_SALT_LEN {
            return Err(HashError::Malformed("argon2 salt"));
        }
        Ok(Self {
            algorithm,
            version,
            params,
            salt,
            output,
        })
    }

    pub(super) fn matches(&self, password: &[u8], memory: &mut Memory) -> bool {
        self.derive(password, memory)
            .is_some_and(|derived| derived.ct_eq(&self.output).into())
    }

    /// Whether a new hash would be made just like this one.
    pub(super) fn is_current(&self, params: &Params) -> bool {
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && costs(&self.params) == costs(params)
            && self.salt.len() >= SALT
            && self.output.len() == OUTPUT
    }

    fn derive(&self, password: &[u8], memory: &mut Memory) -> Option<Zeroizing<Vec<u8>>> {
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        let mut output = Zeroizing::new(vec![0; self.output.len()]);
        let blocks = memory.blocks(self.params.block_count());
        argon2
            .hash_password_into_with_memory(password, &self.salt, &mut output, blocks)
            .ok()?;
        Some(output)
    }
}

impl std::fmt::Display for Argon2Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (memory, passes, lanes) = costs(&self.params);
        let (salt, output) = (
            STANDARD_NO_PAD.encode(&self.salt),
            STANDARD_NO_PAD.encode(&self.output),
        );
        let version = u32::from(self.version);
        write!(
            f,
            "${}$v={version}$m={memory},t={passes},p={lanes}${salt}${output}",
            self.algorithm
        )
    }
}

fn costs(params: &Params) -> (u32, u32, u32) {
    (params.m_cost(), params.t_cost(), params.p_cost())
}

/// `m=19456,t=2,p=1`, in this order and no more.
fn params(text: &str, output: usize) -> Result<Params, HashError> {
    let mut numbers = text
        .split(',')
        .zip(["m=", "t=", "p="])
        .map(|(field, name)| {
            let digits = field
                .strip_prefix(name)
                .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
            digits.parse::<u32>().ok()
        });
    let (Some(Some(memory)), Some(Some(passes)), Some(Some(lanes))) =
        (numbers.next(), numbers.next(), numbers.next())
    else {
        return Err(HashError::Malformed("argon2 parameters"));
    };
    if text.split(',').count() != 3 {
        return Err(HashError::Malformed("argon2 parameters"));
    }
    if memory > MAX_MEMORY || u64::from(memory) * u64::from(passes) > MAX_WORK || lanes > MAX_LANES
    {
        return Err(HashError::TooCostly);
    }
    Params::new(memory, passes, lanes, Some(output))
        .map_err(|_| HashError::Malformed("argon2 parameters"))
}
