from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

CATEGORICAL = ["station"]
NUMERIC = ["temperature", "humidity", "hour"]
TARGET = "rentals"


def build_model(seed=0):
    encode = ColumnTransformer(
        [
            ("cat", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), CATEGORICAL),
            ("num", "passthrough", NUMERIC),
        ]
    )
    return Pipeline([("encode", encode), ("model", HistGradientBoostingRegressor(max_iter=60, random_state=seed))])
