//! What a Parquet file holds, read back.

use super::*;

/// Every row of a Parquet file as text cells, null as none.
fn parquet_rows(bytes: Vec<u8>) -> Vec<Vec<Option<String>>> {
    use arrow_array::{Array as _, BooleanArray, Int64Array, StringArray, TimestampMillisecondArray};
    let reader =
        ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))
            .unwrap();
    let mut rows = Vec::new();
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        for row in 0..batch.num_rows() {
            let cell = |column: &arrow_array::ArrayRef| {
                let any = column.as_any();
                let value = |value: &dyn ToString| column.is_valid(row).then(|| value.to_string());
                if let Some(texts) = any.downcast_ref::<StringArray>() {
                    value(&texts.value(row))
                } else if let Some(numbers) = any.downcast_ref::<Int64Array>() {
                    value(&numbers.value(row))
                } else if let Some(booleans) = any.downcast_ref::<BooleanArray>() {
                    value(&booleans.value(row))
                } else {
                    let times = any.downcast_ref::<TimestampMillisecondArray>().unwrap();
                    value(&jiff::Timestamp::from_millisecond(times.value(row)).unwrap())
                }
            };
            rows.push(batch.columns().iter().map(cell).collect());
        }
    }
    rows
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
        assert!(first == streamed(&source, &options), "same bytes, and never compressed as a whole");
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
