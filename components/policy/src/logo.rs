//! A logo as somebody sends it, and as it is kept.
//!
//! What is kept is not what came: the picture is decoded to its last pixel and written anew. So whatever else a file
//! can carry (text, a profile, a second picture, something after the end that another reader takes for a script) is
//! gone, and nothing but an image is ever shown from our address.

use data_encoding::BASE64;
use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};
use relatch_core::limits::{LOGO_HEIGHT, LOGO_KEPT_MAX, LOGO_MAX, LOGO_WIDTH};
use std::io::Cursor;

/// Why a logo is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    NotAnImage,
    TooLarge,
    TooManyPixels,
}

impl Flaw {
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnImage => "not_an_image",
            Self::TooLarge => "too_large",
            Self::TooManyPixels => "too_many_pixels",
        }
    }
}

/// What a decoder may take beside the pixels, in bytes: no chunk of ours needs more.
const WORKING_SPACE: usize = 1 << 20;

/// Nothing but pixels.
struct Picture {
    width: u32,
    height: u32,
    colours: ColorType,
    pixels: Vec<u8>,
}

/// The PNG that is kept of one in base64.
pub fn read(base64: &str) -> Result<Vec<u8>, Flaw> {
    let png = BASE64.decode(base64.as_bytes()).map_err(|_| Flaw::NotAnImage)?;
    if png.len() > LOGO_MAX {
        return Err(Flaw::TooLarge);
    }
    let kept = write(&decode(&png)?).ok_or(Flaw::NotAnImage)?;
    if kept.len() > LOGO_KEPT_MAX { Err(Flaw::TooLarge) } else { Ok(kept) }
}

fn decode(png: &[u8]) -> Result<Picture, Flaw> {
    let not = |_| Flaw::NotAnImage;
    let mut decoder = Decoder::new_with_limits(Cursor::new(png), Limits { bytes: WORKING_SPACE });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Eight bits of grey or red, green and blue, each with or without transparency.
    decoder.set_transformations(Transformations::normalize_to_color8());
    let (width, height) = decoder.read_header_info().map_err(not)?.size();
    // Before anything is decoded: a few bytes can say a thousand million pixels.
    if width > LOGO_WIDTH || height > LOGO_HEIGHT {
        return Err(Flaw::TooManyPixels);
    }
    let mut reader = decoder.read_info().map_err(not)?;
    // Colours of three bytes, 256 at most (PNG 11.2.2): the decoder takes that for granted and panics.
    if reader.info().palette.as_ref().is_some_and(|palette| palette.len() % 3 != 0 || palette.len() > 768) {
        return Err(Flaw::NotAnImage);
    }
    let mut pixels = vec![0; reader.output_buffer_size().ok_or(Flaw::NotAnImage)?];
    let frame = reader.next_frame(&mut pixels).map_err(not)?;
    reader.finish().map_err(not)?;
    // The first picture of an animation may be smaller than the whole; then this is no logo.
    if (frame.width, frame.height, frame.bit_depth) != (width, height, BitDepth::Eight) {
        return Err(Flaw::NotAnImage);
    }
    pixels.truncate(frame.buffer_size());
    Ok(Picture { width, height, colours: frame.color_type, pixels })
}

fn write(picture: &Picture) -> Option<Vec<u8>> {
    let mut png = Vec::new();
    let mut encoder = Encoder::new(&mut png, picture.width, picture.height);
    encoder.set_color(picture.colours);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&picture.pixels).ok()?;
    writer.finish().ok()?;
    Some(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture that does not compress to nothing.
    fn picture(width: u32, height: u32, colours: ColorType) -> Picture {
        let size = width as usize * height as usize * colours.samples();
        Picture { width, height, colours, pixels: (0..size).map(|n| (n * n / 7) as u8).collect() }
    }

    fn send(png: &[u8]) -> Result<Vec<u8>, Flaw> {
        read(&BASE64.encode(png))
    }

    fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let mut png = Vec::new();
        let mut writer = Encoder::new(&mut png, 1, 1).write_header().unwrap();
        let before = 33;
        writer.write_chunk(png::chunk::ChunkType(*name), data).unwrap();
        writer.write_image_data(&[0]).unwrap();
        writer.finish().unwrap();
        png[before..before + 12 + data.len()].to_vec()
    }

    /// A PNG with this chunk after its header.
    fn with(png: &[u8], name: &[u8; 4], data: &[u8]) -> Vec<u8> {
        [&png[..33], &chunk(name, data), &png[33..]].concat()
    }

    #[test]
    fn the_pixels_are_kept() {
        for colours in [ColorType::Grayscale, ColorType::GrayscaleAlpha, ColorType::Rgb, ColorType::Rgba] {
            let sent = picture(40, 30, colours);
            let kept = decode(&send(&write(&sent).unwrap()).unwrap()).unwrap();
            assert_eq!((kept.width, kept.height, kept.colours), (40, 30, colours));
            assert_eq!(kept.pixels, sent.pixels);
        }
    }

    #[test]
    fn a_palette_and_sixteen_bits_become_plain_colours() {
        let mut png = Vec::new();
        let mut encoder = Encoder::new(&mut png, 2, 1);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::One);
        encoder.set_palette(vec![1, 2, 3, 250, 251, 252]);
        encoder.set_trns(vec![0, 255]);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[0b0100_0000]).unwrap();
        writer.finish().unwrap();
        let kept = decode(&send(&png).unwrap()).unwrap();
        assert_eq!((kept.colours, kept.pixels), (ColorType::Rgba, vec![1, 2, 3, 0, 250, 251, 252, 255]));

        let mut png = Vec::new();
        let mut encoder = Encoder::new(&mut png, 1, 1);
        encoder.set_depth(BitDepth::Sixteen);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[7, 200]).unwrap();
        writer.finish().unwrap();
        assert_eq!(decode(&send(&png).unwrap()).unwrap().pixels, [7]);
    }

    #[test]
    fn a_palette_that_is_none_is_refused() {
        let indexed = |bytes: usize, transparent: usize| {
            let mut png = Vec::new();
            let mut encoder = Encoder::new(&mut png, 2, 1);
            encoder.set_color(ColorType::Indexed);
            encoder.set_depth(BitDepth::Two);
            encoder.set_palette(vec![7; bytes]);
            encoder.set_trns(vec![9; transparent]);
            let mut writer = encoder.write_header().unwrap();
            writer.write_image_data(&[0]).unwrap();
            writer.finish().unwrap();
            png
        };
        assert!(send(&indexed(12, 2)).is_ok() && send(&indexed(768, 0)).is_ok());
        for (bytes, transparent) in [(13, 2), (1, 0), (2, 0), (4, 0), (769, 0), (771, 0), (3_000, 5)] {
            assert_eq!(send(&indexed(bytes, transparent)), Err(Flaw::NotAnImage), "{bytes}");
        }
    }

    #[test]
    fn whatever_is_not_the_picture_is_dropped() {
        let plain = write(&picture(20, 10, ColorType::Rgb)).unwrap();
        let kept = send(&plain).unwrap();
        let script = b"<script>alert(1)</script>";
        let comment = [b"Comment\0".as_slice(), script].concat();
        for sent in [
            [&plain, script.as_slice()].concat(),
            [&plain, plain.as_slice()].concat(),
            with(&plain, b"tEXt", &comment),
            with(&plain, b"zTXt", &comment),
            with(&plain, b"iCCP", &comment),
            with(&plain, b"eXIf", script),
            with(&plain, b"prVt", script),
        ] {
            assert_ne!(sent, plain);
            assert_eq!(send(&sent).unwrap(), kept);
        }
    }

    #[test]
    fn what_is_no_whole_image_is_refused() {
        let plain = write(&picture(20, 10, ColorType::Rgb)).unwrap();
        for end in [0, 8, 20, 33, plain.len() / 2, plain.len() - 12, plain.len() - 1] {
            assert_eq!(send(&plain[..end]), Err(Flaw::NotAnImage), "{end}");
        }
        for at in [1, 20, 30, 45, plain.len() - 20] {
            let mut damaged = plain.clone();
            damaged[at] ^= 1;
            assert_eq!(send(&damaged), Err(Flaw::NotAnImage), "{at}");
        }
        for other in [b"GIF89a\x01\x00\x01\x00".as_slice(), b"<svg/>", b"\xff\xd8\xff\xe0"] {
            assert_eq!(send(other), Err(Flaw::NotAnImage));
        }
        for text in ["!", "data:image/png;base64,", "iVBORw0K\n"] {
            assert_eq!(read(text), Err(Flaw::NotAnImage), "{text}");
        }
    }

    #[test]
    fn bytes_and_pixels_have_their_bounds() {
        let kept = |width, height| {
            send(
                &write(&Picture {
                    pixels: vec![0; (width * height) as usize],
                    ..picture(width, height, ColorType::Grayscale)
                })
                .unwrap(),
            )
        };
        assert!(kept(480, 160).is_ok());
        assert_eq!(kept(481, 160), Err(Flaw::TooManyPixels));
        assert_eq!(kept(480, 161), Err(Flaw::TooManyPixels));
        let mut state = 1_u64;
        let noise = (0..30_000).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        });
        let noise = noise.collect();
        let large = write(&Picture { width: 300, height: 100, colours: ColorType::Grayscale, pixels: noise }).unwrap();
        assert!(large.len() > LOGO_MAX);
        assert_eq!(send(&large), Err(Flaw::TooLarge));
        // Says more than any machine has; nothing is made ready for it.
        let mut bomb = write(&picture(1, 1, ColorType::Grayscale)).unwrap();
        bomb.splice(8..33, ihdr(0x7fff_ffff, 0x7fff_ffff));
        assert_eq!(send(&bomb), Err(Flaw::TooManyPixels));
    }

    /// A header chunk of this size, its checksum included.
    fn ihdr(width: u32, height: u32) -> Vec<u8> {
        let mut png = Vec::new();
        drop(Encoder::new(&mut png, width, height).write_header());
        png[8..33].to_vec()
    }
}
