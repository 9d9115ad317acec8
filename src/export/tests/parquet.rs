//! What a Parquet file holds, read back.

use super::*;

/// Every row of a Parquet file as text cells, null as none.
fn parquet_rows(bytes: Vec<u8>) -> Vec<Vec<Option<String>>> {
    use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
    use ::parquet::record::Field;
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let cell = |field: &Field| match field {
        Field::Null => None,
        Field::Str(text) => Some(text.clone()),
        Field::Long(number) => Some(number.to_string()),
        Field::Bool(yes) => Some(yes.to_string()),
        Field::TimestampMillis(time) => Some(jiff::Timestamp::from_millisecond(*time).unwrap().to_string()),
        other => panic!("no column is of this type: {other:?}"),
    };
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().get_column_iter().map(|(_, field)| cell(field)).collect()).collect()
}

#[test]
fn parquet_holds_what_ndjson_holds() {
    let source = fixture(60, 7);
    for record in ["services", "roles", "users", "channels", "user_channels", "members"] {
        let mut options = options(&["chat"]);
        options.records = Some(vec![record.to_owned()]);
        options.formats = vec![FileFormat::Ndjson];
        let objects = ndjson_rows(&streamed(&source, &options));
        options.formats = vec![FileFormat::Parquet];
        options.compression = Some(Compression::Gzip);
        let first = streamed(&source, &options);
        assert!(first == streamed(&source, &options), "same bytes, and never compressed as one file");
        let rows = parquet_rows(first);
        assert_eq!(rows.len(), objects.len());
        for (row, object) in rows.iter().zip(&objects) {
            for (cell, (key, value)) in row.iter().zip(object) {
                let expected = match value {
                    Json::Null => None,
                    Json::String(text) if text.starts_with("Thu, ") => {
                        Some("2016-03-24T21:05:50Z".to_owned())
                    }
                    Json::String(text) => Some(text.clone()),
                    other => Some(other.to_string()),
                };
                let cell = cell.as_ref().map(|cell| match value {
                    Json::Object(_) => serde_json::from_str::<Json>(cell).unwrap().to_string(),
                    _ => cell.clone(),
                });
                assert_eq!(cell, expected, "{record}.{key}");
            }
        }
    }
}
